#include "ck_rows.h"
#include "ck_rows_simd.h"
#include "ck_threads.h"

// Columns that are summed side by side.
enum { COLUMNS = 64 };

typedef struct {
  const float *x;
  float *y;
  size_t count, inner;
  int p;
  float epsilon;
} job;

// In double, where squares neither overflow nor vanish.
CK_INLINE double row_power_sum(const float *x, size_t count, int p) {
#pragma clang fp reassociate(on)
  double sum = 0;
  if (p == 1) {
    for (size_t i = 0; i < count; i++) sum += fabs((double)x[i]);
  } else {
    for (size_t i = 0; i < count; i++) sum += (double)x[i] * (double)x[i];
  }
  return sum;
}

// 1 / max(norm, epsilon); a sum that is no number stays none.
static float factor(double sum, int p, float epsilon) {
  double norm = p == 1 ? sum : sqrt(sum);
  return (float)(1 / (norm < (double)epsilon ? (double)epsilon : norm));
}

CK_CLONES static void rows_share(void *context, size_t begin, size_t end) {
  const job *j = context;
  for (size_t row = begin; row < end; row++) {
    const float *x = j->x + row * j->count;
    float *y = j->y + row * j->count;
    float scale = factor(row_power_sum(x, j->count, j->p), j->p, j->epsilon);
#pragma clang loop vectorize(assume_safety)
    for (size_t i = 0; i < j->count; i++) y[i] = x[i] * scale;
  }
}

CK_CLONES static void columns_share(void *context, size_t begin, size_t end) {
  const job *j = context;
  size_t blocks = (j->inner + COLUMNS - 1) / COLUMNS, stride = j->inner;
  for (size_t task = begin; task < end; task++) {
    size_t first = task % blocks * COLUMNS, width = stride - first < COLUMNS ? stride - first : COLUMNS;
    const float *x = j->x + task / blocks * j->count * stride + first;
    float *y = j->y + task / blocks * j->count * stride + first;
    double sum[COLUMNS] = {0};
    float scale[COLUMNS];
    for (size_t i = 0; i < j->count; i++)
      for (size_t c = 0; c < width; c++) {
        double v = (double)x[i * stride + c];
        sum[c] += j->p == 1 ? fabs(v) : v * v;
      }
    for (size_t c = 0; c < width; c++) scale[c] = factor(sum[c], j->p, j->epsilon);
    for (size_t i = 0; i < j->count; i++) {
#pragma clang loop vectorize(assume_safety)
      for (size_t c = 0; c < width; c++) y[i * stride + c] = x[i * stride + c] * scale[c];
    }
  }
}

void ck_lp_normalization(
    const float *x, float *y, size_t outer, size_t count, size_t inner, int p, float epsilon) {
  job j = {x, y, count, inner, p, epsilon};
  if (count == 0 || inner == 0) return;
  if (inner == 1)
    ck_parallel_for(outer, 1 + 4096 / count, rows_share, &j);
  else
    ck_parallel_for(outer * ((inner + COLUMNS - 1) / COLUMNS), 1 + 64 / count, columns_share, &j);
}
