#include "ck_rows.h"
#include "ck_rows_simd.h"
#include "ck_threads.h"

// Rows of x and y whose distances are worked out together.
enum { ROWS = 2, COLUMNS = 4 };

typedef struct {
  const float *x, *y;
  float *d;
  size_t n, m, size;
} job;

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

CK_INLINE void tile(const job *j, size_t i, size_t k, float result[ROWS][COLUMNS]) {
  const float *x[ROWS], *y[COLUMNS];
  v16 sum[ROWS][COLUMNS];
  // Rows beyond the end repeat the last one.
  for (size_t r = 0; r < ROWS; r++) x[r] = j->x + smaller(i + r, j->n - 1) * j->size;
  for (size_t c = 0; c < COLUMNS; c++) y[c] = j->y + smaller(k + c, j->m - 1) * j->size;
#pragma clang loop unroll(full)
  for (size_t r = 0; r < ROWS; r++)
#pragma clang loop unroll(full)
    for (size_t c = 0; c < COLUMNS; c++) sum[r][c] = SPLAT16(0);
  size_t at = 0;
  for (; at + 16 <= j->size; at += 16) {
#pragma clang loop unroll(full)
    for (size_t r = 0; r < ROWS; r++) {
      v16 a = LOAD16(x[r] + at);
#pragma clang loop unroll(full)
      for (size_t c = 0; c < COLUMNS; c++) {
        v16 difference = a - LOAD16(y[c] + at);
        sum[r][c] += difference * difference;
      }
    }
  }
  for (size_t r = 0; r < ROWS; r++)
    for (size_t c = 0; c < COLUMNS; c++) {
      float rest = 0;
      for (size_t p = at; p < j->size; p++) rest += (x[r][p] - y[c][p]) * (x[r][p] - y[c][p]);
      result[r][c] = sum16(&sum[r][c]) + rest;
    }
}

CK_CLONES static void share(void *context, size_t begin, size_t end) {
  const job *j = context;
  for (size_t i = begin; i < end; i += ROWS)
    for (size_t k = 0; k < j->m; k += COLUMNS) {
      float result[ROWS][COLUMNS];
      tile(j, i, k, result);
      for (size_t r = 0; r < ROWS && i + r < end; r++)
        for (size_t c = 0; c < COLUMNS && k + c < j->m; c++) j->d[(i + r) * j->m + k + c] = result[r][c];
    }
}

void ck_squared_distances(const float *x, const float *y, float *d, size_t n, size_t m, size_t size) {
  job j = {x, y, d, n, m, size};
  if (n > 0 && m > 0) ck_parallel_for(n, ROWS, share, &j);
}
