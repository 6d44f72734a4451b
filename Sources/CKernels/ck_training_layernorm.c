#include "ck_rows_norm.h"
#include "ck_threads.h"
#include "ck_training.h"

typedef struct {
  const float *x, *scale, *dy;
  float *dx, *workspace;
  size_t rows, count, lanes;
  float epsilon;
  int parameters;
} norm_gradient_job;

// Sums of dy * scale and of dy * scale * normalised x along a row.
CK_INLINE void row_sums(
    const norm_gradient_job *job, const float *x, const float *dy, const row_scaling *scaling, float *sum,
    float *dot) {
  float mean = scaling->mean, inverse = scaling->inverse, offset = scaling->offset;
  v16 s = {0}, d = {0};
  size_t n = job->count, i = 0;
  for (; i + 16 <= n; i += 16) {
    v16 g = LOAD16(dy + i) * LOAD16(job->scale + i);
    s += g;
    d += g * ((LOAD16(x + i) - mean) * inverse + offset);
  }
  *sum = sum16(&s);
  *dot = sum16(&d);
  for (; i < n; i++) {
    float g = dy[i] * job->scale[i];
    *sum += g;
    *dot += g * ((x[i] - mean) * inverse + offset);
  }
}

CK_CLONES static void lanes_share(void *context, size_t begin, size_t end) {
  const norm_gradient_job *job = context;
  size_t n = job->count;
  const float *scale = job->scale;
  for (size_t lane = begin; lane < end; lane++) {
    float *dscale = job->workspace + 2 * lane * n, *dbias = dscale + n;
    if (job->parameters) memset(dscale, 0, 2 * n * sizeof(float));
    for (size_t row = job->rows * lane / job->lanes; row < job->rows * (lane + 1) / job->lanes; row++) {
      const float *x = job->x + row * n, *dy = job->dy + row * n;
      float *dx = job->dx + row * n;
      row_scaling scaling;
      float sum, dot;
      row_statistics(x, n, job->epsilon, &scaling);
      row_sums(job, x, dy, &scaling, &sum, &dot);
      float mean = scaling.mean, inverse = scaling.inverse, offset = scaling.offset;
      sum /= (float)n;
      dot /= (float)n;
      if (job->parameters) {
#pragma clang loop vectorize(assume_safety)
        for (size_t i = 0; i < n; i++) {
          float normal = (x[i] - mean) * inverse + offset, g = dy[i];
          dscale[i] += g * normal;
          dbias[i] += g;
          dx[i] = (g * scale[i] - sum - normal * dot) * inverse;
        }
      } else {
#pragma clang loop vectorize(assume_safety)
        for (size_t i = 0; i < n; i++) {
          float normal = (x[i] - mean) * inverse + offset;
          dx[i] = (dy[i] * scale[i] - sum - normal * dot) * inverse;
        }
      }
    }
  }
}

ck_status ck_layer_norm_gradient(
    const float *x, const float *scale, const float *dy, float *dx, float *dscale, float *dbias, size_t rows, size_t count,
    float epsilon, float *workspace, size_t lanes) {
  norm_gradient_job job = {x, scale, dy, dx, workspace, rows, count, lanes, epsilon, dscale != NULL};
  ck_parallel_for(lanes, 1, lanes_share, &job);
  if (!dscale) return CK_OK;
  for (size_t i = 0; i < count; i++) {
    double a = 0, b = 0;
    for (size_t lane = 0; lane < lanes; lane++) {
      a += workspace[2 * lane * count + i];
      b += workspace[(2 * lane + 1) * count + i];
    }
    dscale[i] = (float)a;
    dbias[i] = (float)b;
  }
  return CK_OK;
}
