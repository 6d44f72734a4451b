#include "ck_rows_simd.h"
#include "ck_threads.h"
#include "ck_training.h"

#define COLUMNS 256

typedef struct {
  const float *y, *dy;
  float *dx;
  size_t count, inner;
  int logarithm;
} gradient_job;

// The sum along a row: of y * dy, or of dy for the logarithm.
CK_INLINE float row_sum_of(const gradient_job *job, const float *y, const float *dy) {
  v16 sum = {0};
  size_t n = job->count, i = 0;
  if (job->logarithm) {
    for (; i + 16 <= n; i += 16) sum += LOAD16(dy + i);
  } else {
    for (; i + 16 <= n; i += 16) sum += LOAD16(y + i) * LOAD16(dy + i);
  }
  float s = sum16(&sum);
  for (; i < n; i++) s += job->logarithm ? dy[i] : y[i] * dy[i];
  return s;
}

// Sixteen results from y, dy and the sums.
CK_INLINE void result16(const gradient_job *job, v16 *y, const v16 *dy, const v16 *sum) {
  if (job->logarithm) {
    exp16(y);
    *y = *dy - *y * *sum;
  } else {
    *y = *y * (*dy - *sum);
  }
}

// n results; `sums` holds one sum per result, or is null and all of them have `sum`.
CK_INLINE void results(
    const gradient_job *job, const float *y, const float *dy, const float *sums, float sum, float *dx, size_t n) {
  size_t i = 0;
  v16 s = SPLAT16(sum);
  for (; i + 16 <= n; i += 16) {
    v16 a = LOAD16(y + i), b = LOAD16(dy + i);
    if (sums) s = LOAD16(sums + i);
    result16(job, &a, &b, &s);
    STORE16(dx + i, a);
  }
  if (i < n) {
    v16 a, b;
    tail16(&a, y + i, n - i, 0);
    tail16(&b, dy + i, n - i, 0);
    if (sums) tail16(&s, sums + i, n - i, 0);
    result16(job, &a, &b, &s);
    store_tail16(dx + i, &a, n - i);
  }
}

CK_CLONES static void rows_share(void *context, size_t begin, size_t end) {
  const gradient_job *job = context;
  for (size_t row = begin; row < end; row++) {
    const float *y = job->y + row * job->count, *dy = job->dy + row * job->count;
    results(job, y, dy, NULL, row_sum_of(job, y, dy), job->dx + row * job->count, job->count);
  }
}

CK_CLONES static void columns_share(void *context, size_t begin, size_t end) {
  const gradient_job *job = context;
  size_t blocks = (job->inner + COLUMNS - 1) / COLUMNS, stride = job->inner;
  for (size_t task = begin; task < end; task++) {
    size_t first = task % blocks * COLUMNS, offset = task / blocks * job->count * stride + first;
    size_t width = stride - first < COLUMNS ? stride - first : COLUMNS;
    const float *y = job->y + offset, *dy = job->dy + offset;
    float sum[COLUMNS] = {0};
    for (size_t i = 0; i < job->count; i++) {
      if (job->logarithm) {
        for (size_t c = 0; c < width; c++) sum[c] += dy[i * stride + c];
      } else {
        for (size_t c = 0; c < width; c++) sum[c] += y[i * stride + c] * dy[i * stride + c];
      }
    }
    for (size_t i = 0; i < job->count; i++)
      results(job, y + i * stride, dy + i * stride, sum, 0, job->dx + offset + i * stride, width);
  }
}

static ck_status run(const float *y, const float *dy, float *dx, size_t outer, size_t count, size_t inner, int logarithm) {
  gradient_job job = {y, dy, dx, count, inner, logarithm};
  if (count == 0) return CK_OK;
  if (inner == 1) {
    ck_parallel_for(outer, 1 + 4096 / count, rows_share, &job);
  } else if (inner > 0) {
    size_t blocks = (inner + COLUMNS - 1) / COLUMNS, width = inner < COLUMNS ? inner : COLUMNS;
    ck_parallel_for(outer * blocks, 1 + 4096 / (count * width), columns_share, &job);
  }
  return CK_OK;
}

ck_status ck_softmax_gradient(const float *y, const float *dy, float *dx, size_t outer, size_t count, size_t inner) {
  return run(y, dy, dx, outer, count, inner, 0);
}

ck_status ck_log_softmax_gradient(const float *y, const float *dy, float *dx, size_t outer, size_t count, size_t inner) {
  return run(y, dy, dx, outer, count, inner, 1);
}
