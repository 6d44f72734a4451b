#include "ck_rows.h"
#include "ck_rows_norm.h"
#include "ck_threads.h"

typedef struct {
  const float *x, *scale, *bias;
  float *y;
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
    const float *x, const float *scale, const float *bias, float *y, size_t rows, size_t count, float epsilon) {
  norm_job job = {x, scale, bias, y, count, epsilon};
  if (count > 0) ck_parallel_for(rows, 1 + 4096 / count, share, &job);
  return CK_OK;
}
