#ifndef CK_ROWS_GEMM_H
#define CK_ROWS_GEMM_H

#include "ck_rows_simd.h"

// Small matrix products for attention, on operands that are padded to whole tiles of `tile` rows and 16 columns.

// c[tile, 16] = (or +=, when `accumulate`) a b over `depth`. a[r, k] lies at a[r * a_row + k] or, when `transposed`, at
// a[k * a_row + r]; b[k] are 16 floats at b + k * b_row. `tile` and `transposed` are constants where this is inlined.
CK_INLINE void micro_gemm(
    const int tile, const int transposed, size_t depth, const float *a, size_t a_row, const float *b, size_t b_row, float *c,
    size_t c_row, int accumulate) {
  v16 sum[12];
#pragma clang loop unroll(full)
  for (int r = 0; r < tile; r++) sum[r] = SPLAT16(0);
  if (accumulate) {
#pragma clang loop unroll(full)
    for (int r = 0; r < tile; r++) sum[r] = LOAD16(c + (size_t)r * c_row);
  }
  for (size_t k = 0; k < depth; k++) {
    v16 column = LOAD16(b);
#pragma clang loop unroll(full)
    for (int r = 0; r < tile; r++) sum[r] += column * (transposed ? a[r] : a[(size_t)r * a_row]);
    a += transposed ? a_row : 1;
    b += b_row;
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < tile; r++) STORE16(c + (size_t)r * c_row, sum[r]);
}

// c[rows, columns] = or += a b, with b in panels of 16 columns that lie `b_panel` apart. Rows and columns are whole tiles.
CK_INLINE void block_gemm(
    const int tile, const int transposed, size_t rows, size_t columns, size_t depth, const float *a, size_t a_row, const float *b,
    size_t b_row, size_t b_panel, float *c, size_t c_row, int accumulate) {
  for (size_t j = 0; j < columns; j += 16)
    for (size_t i = 0; i < rows; i += (size_t)tile)
      micro_gemm(
          tile, transposed, depth, transposed ? a + i : a + i * a_row, a_row, b + j / 16 * b_panel, b_row, c + i * c_row + j,
          c_row, accumulate);
}

// Panels of 16 columns of the transpose of x[rows, size]: result[(j / 16), d, j % 16] = x[j, d], zeros beyond `rows`.
CK_INLINE void pack_transposed(const float *x, size_t stride, size_t rows, size_t size, float *result) {
  for (size_t j = 0; j < rows; j += 16, result += 16 * size) {
    size_t here = rows - j < 16 ? rows - j : 16;
    const float *from = x + j * stride;
    if (here < 16) {
      for (size_t d = 0; d < size; d++)
        for (size_t l = 0; l < 16; l++) result[d * 16 + l] = l < here ? from[l * stride + d] : 0;
      continue;
    }
    for (size_t d = 0; d < size; d++)
      for (size_t l = 0; l < 16; l++) result[d * 16 + l] = from[l * stride + d];
  }
}

// Panels of 16 columns of x[rows, size]: result[(d / 16), j, d % 16] = x[j, d], zeros beyond `size`.
CK_INLINE void pack_panels(const float *x, size_t stride, size_t rows, size_t size, float *result) {
  for (size_t d = 0; d < size; d += 16) {
    size_t here = size - d < 16 ? size - d : 16;
    for (size_t j = 0; j < rows; j++, result += 16) {
      v16 row;
      if (here == 16) {
        row = LOAD16(x + j * stride + d);
      } else {
        tail16(&row, x + j * stride + d, here, 0);
      }
      STORE16(result, row);
    }
  }
}

// A padded copy factor * x[rows, size] with rows of `padded` floats; `total` - rows rows of zeros follow.
CK_INLINE void pack_rows(
    const float *x, size_t stride, size_t rows, size_t total, size_t size, size_t padded, float factor, float *result) {
  for (size_t i = 0; i < rows; i++, result += padded) {
    for (size_t d = 0; d < size; d++) result[d] = x[i * stride + d] * factor;
    for (size_t d = size; d < padded; d++) result[d] = 0;
  }
  memset(result, 0, (total - rows) * padded * sizeof *result);
}

#endif
