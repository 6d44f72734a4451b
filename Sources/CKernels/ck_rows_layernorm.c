#include "ck_rows.h"
#include "ck_rows_norm.h"
#include "ck_threads.h"

typedef struct {
  const float *x, *scale, *bias;
  float *y, *means, *inverses;
  size_t count;
  float epsilon;
} norm_job;

CK_CLONES static void share(void *context, size_t begin, size_t end) {
  const norm_job *job = context;
  size_t n = job->count;
  const float *scale = job->scale, *bias = job->bias;
  for (size_t row = begin; row < end; row++) {
    const float *x = job->x + row * n;
    float *y = job->y + row * n;
    row_scaling row_scale;
    row_statistics(x, n, job->epsilon, &row_scale);
    float mean = row_scale.mean, inverse = row_scale.inverse, offset = row_scale.offset;
    if (job->means) job->means[row] = mean + row_scale.rest;
    if (job->inverses) job->inverses[row] = inverse;
    if (bias) {
#pragma clang loop vectorize(assume_safety)
      for (size_t i = 0; i < n; i++) y[i] = ((x[i] - mean) * inverse + offset) * scale[i] + bias[i];
    } else {
#pragma clang loop vectorize(assume_safety)
      for (size_t i = 0; i < n; i++) y[i] = ((x[i] - mean) * inverse + offset) * scale[i];
    }
  }
}

ck_status ck_layer_norm(
    const float *x, const float *scale, const float *bias, float *y, float *means, float *inverses, size_t rows, size_t count,
    float epsilon) {
  norm_job job = {x, scale, bias, y, means, inverses, count, epsilon};
  if (count > 0) ck_parallel_for(rows, 1 + 4096 / count, share, &job);
  return CK_OK;
}

CK_CLONES static void rms_share(void *context, size_t begin, size_t end) {
  const norm_job *job = context;
  size_t n = job->count;
  const float *scale = job->scale;
  for (size_t row = begin; row < end; row++) {
    const float *x = job->x + row * n;
    float *y = job->y + row * n;
    v16 a = {0}, b = {0};
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
      v16 s = LOAD16(x + i), t = LOAD16(x + i + 16);
      a += s * s;
      b += t * t;
    }
    a += b;
    float squares = sum16(&a);
    for (; i < n; i++) squares += x[i] * x[i];
    float inverse = 1 / sqrtf(squares / (float)n + job->epsilon);
#pragma clang loop vectorize(assume_safety)
    for (size_t k = 0; k < n; k++) y[k] = x[k] * inverse * scale[k];
  }
}

void ck_rms_norm(const float *x, const float *scale, float *y, size_t rows, size_t count, float epsilon) {
  norm_job job = {x, scale, NULL, y, NULL, NULL, count, epsilon};
  if (count > 0) ck_parallel_for(rows, 1 + 4096 / count, rms_share, &job);
}

typedef struct {
  const ck_group_norm_spec *spec;
  const float *x, *scale, *bias;
  float *y;
} group_job;

CK_CLONES static void group_share(void *context, size_t begin, size_t end) {
  const group_job *job = context;
  const ck_group_norm_spec *s = job->spec;
  for (size_t row = begin; row < end; row++) {
    size_t first = row % s->groups * s->group_channels, start = row * s->group_channels * s->area;
    row_scaling row_scale;
    row_statistics(job->x + start, s->group_channels * s->area, s->epsilon, &row_scale);
    float mean = row_scale.mean, inverse = row_scale.inverse, offset = row_scale.offset;
    for (size_t c = 0; c < s->group_channels; c++) {
      const float *x = job->x + start + c * s->area;
      float *y = job->y + start + c * s->area;
      float scale = job->scale[(first + c) / s->parameter_channels], bias = job->bias[(first + c) / s->parameter_channels];
#pragma clang loop vectorize(assume_safety)
      for (size_t i = 0; i < s->area; i++) y[i] = ((x[i] - mean) * inverse + offset) * scale + bias;
    }
  }
}

void ck_group_norm(const ck_group_norm_spec *spec, const float *x, const float *scale, const float *bias, float *y) {
  group_job job = {spec, x, scale, bias, y};
  ck_parallel_for(spec->batch * spec->groups, 1 + 4096 / (spec->group_channels * spec->area), group_share, &job);
}
