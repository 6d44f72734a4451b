#include "ck_rows.h"
#include "ck_rows_simd.h"
#include "ck_threads.h"

// Columns that are worked on together when neighbours in memory belong to different rows.
#define COLUMNS 256

typedef struct {
  const float *x;
  float *y;
  size_t count, inner;
  int logarithm;
} softmax_job;

CK_INLINE float row_peak(const float *x, size_t count) {
  v16 peak = SPLAT16(-INFINITY);
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    v16 a = LOAD16(x + i);
    v16i above = a > peak;
    select16(&peak, &above, &a, &peak);
  }
  float m = max16(&peak);
  for (; i < count; i++) m = x[i] > m ? x[i] : m;
  return m;
}

// y = exp(x - peak) where y is given; returns the sum.
CK_INLINE float row_exp(const float *x, float *y, size_t count, float peak) {
  v16 sum = {0};
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    v16 a = LOAD16(x + i) - peak;
    exp16(&a);
    if (y) STORE16(y + i, a);
    sum += a;
  }
  if (i < count) {
    v16 a;
    tail16(&a, x + i, count - i, -INFINITY);
    // -inf minus an infinite peak is NaN; the padding has to stay out of the sum.
    a = a - peak;
    exp16(&a);
    float e[16];
    memcpy(e, &a, sizeof e);
    for (size_t l = 0; l < 16; l++) e[l] = l < count - i ? e[l] : 0;
    memcpy(&a, e, sizeof e);
    if (y) store_tail16(y + i, &a, count - i);
    sum += a;
  }
  return sum16(&sum);
}

CK_INLINE void one_row(const softmax_job *job, const float *x, float *y) {
  size_t n = job->count;
  float peak = row_peak(x, n);
  if (job->logarithm) {
    float log_sum = logf(row_exp(x, NULL, n, peak));
#pragma clang loop vectorize(assume_safety)
    for (size_t i = 0; i < n; i++) y[i] = x[i] - peak - log_sum;
  } else {
    float factor = 1 / row_exp(x, y, n, peak);
    for (size_t i = 0; i < n; i++) y[i] *= factor;
  }
}

CK_CLONES static void rows_share(void *context, size_t begin, size_t end) {
  const softmax_job *job = context;
  for (size_t row = begin; row < end; row++) one_row(job, job->x + row * job->count, job->y + row * job->count);
}

CK_INLINE void exp_columns(float *values, size_t count) {
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    v16 a = LOAD16(values + i);
    exp16(&a);
    STORE16(values + i, a);
  }
  if (i < count) {
    v16 a;
    tail16(&a, values + i, count - i, 0);
    exp16(&a);
    store_tail16(values + i, &a, count - i);
  }
}

// `width` <= COLUMNS neighbouring columns of one outer block.
CK_INLINE void columns(const softmax_job *job, const float *x, float *y, size_t width) {
  float peak[COLUMNS], sum[COLUMNS], e[COLUMNS];
  size_t stride = job->inner;
  for (size_t c = 0; c < width; c++) peak[c] = -INFINITY, sum[c] = 0;
  for (size_t i = 0; i < job->count; i++)
    for (size_t c = 0; c < width; c++) peak[c] = x[i * stride + c] > peak[c] ? x[i * stride + c] : peak[c];
  for (size_t i = 0; i < job->count; i++) {
    for (size_t c = 0; c < width; c++) e[c] = x[i * stride + c] - peak[c];
    exp_columns(e, width);
    for (size_t c = 0; c < width; c++) sum[c] += e[c];
    if (!job->logarithm) memcpy(y + i * stride, e, width * sizeof *e);
  }
  if (job->logarithm) {
    for (size_t c = 0; c < width; c++) sum[c] = logf(sum[c]);
    for (size_t i = 0; i < job->count; i++)
#pragma clang loop vectorize(assume_safety)
      for (size_t c = 0; c < width; c++) y[i * stride + c] = x[i * stride + c] - peak[c] - sum[c];
  } else {
    for (size_t c = 0; c < width; c++) sum[c] = 1 / sum[c];
    for (size_t i = 0; i < job->count; i++)
      for (size_t c = 0; c < width; c++) y[i * stride + c] *= sum[c];
  }
}

CK_CLONES static void columns_share(void *context, size_t begin, size_t end) {
  const softmax_job *job = context;
  size_t blocks = (job->inner + COLUMNS - 1) / COLUMNS;
  for (size_t task = begin; task < end; task++) {
    size_t first = task % blocks * COLUMNS, offset = task / blocks * job->count * job->inner + first;
    size_t width = job->inner - first < COLUMNS ? job->inner - first : COLUMNS;
    columns(job, job->x + offset, job->y + offset, width);
  }
}

static ck_status run(const float *x, float *y, size_t outer, size_t count, size_t inner, int logarithm) {
  softmax_job job = {x, y, count, inner, logarithm};
  if (count == 0) return CK_OK;
  if (inner == 1) {
    ck_parallel_for(outer, 1 + 4096 / count, rows_share, &job);
  } else if (inner > 0) {
    size_t blocks = (inner + COLUMNS - 1) / COLUMNS, width = inner < COLUMNS ? inner : COLUMNS;
    ck_parallel_for(outer * blocks, 1 + 4096 / (count * width), columns_share, &job);
  }
  return CK_OK;
}

ck_status ck_softmax(const float *x, float *y, size_t outer, size_t count, size_t inner) {
  return run(x, y, outer, count, inner, 0);
}

ck_status ck_log_softmax(const float *x, float *y, size_t outer, size_t count, size_t inner) {
  return run(x, y, outer, count, inner, 1);
}
