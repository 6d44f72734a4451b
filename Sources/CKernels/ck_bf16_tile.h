#ifndef CK_BF16_TILE_H
#define CK_BF16_TILE_H

// The register tile of bfloat16 products and what is needed around it.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Columns of a panel of the right operand; rows of the largest tile.
enum { CK_BF16_PANEL = 32, CK_BF16_TILE = 12 };

// To nearest, ties to even; NaN stays NaN.
static inline __attribute__((always_inline)) uint16_t ck_bf16_rounded(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  if ((bits & 0x7FFFFFFF) > 0x7F800000) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

static inline __attribute__((always_inline)) float ck_bf16_value(uint16_t x) {
  uint32_t bits = (uint32_t)x << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

#if defined(__x86_64__)

#include <immintrin.h>

#define CK_BF16_TARGET __attribute__((target("arch=x86-64-v4,avx512bf16"), min_vector_width(512)))

// c[rows, 32] = (or +=) a's rows times one panel of `pairs` pairs of depths. `rows` is a constant where this is inlined.
static inline __attribute__((always_inline)) CK_BF16_TARGET void ck_bf16_one_tile(
    const int rows, const uint16_t *a, size_t a_row, const uint16_t *panel, size_t pairs, float *c, size_t c_row,
    int accumulate) {
  __m512 sum[CK_BF16_TILE][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) sum[r][0] = sum[r][1] = _mm512_setzero_ps();
  if (accumulate) {
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      sum[r][0] = _mm512_loadu_ps(c + (size_t)r * c_row);
      sum[r][1] = _mm512_loadu_ps(c + (size_t)r * c_row + 16);
    }
  }
  for (size_t k = 0; k < pairs; k++, a += 2, panel += 2 * CK_BF16_PANEL) {
    __m512bh left = (__m512bh)_mm512_loadu_si512(panel);
    __m512bh right = (__m512bh)_mm512_loadu_si512(panel + CK_BF16_PANEL);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      int pair;
      memcpy(&pair, a + (size_t)r * a_row, sizeof pair);
      __m512bh x = (__m512bh)_mm512_set1_epi32(pair);
      sum[r][0] = _mm512_dpbf16_ps(sum[r][0], x, left);
      sum[r][1] = _mm512_dpbf16_ps(sum[r][1], x, right);
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    _mm512_storeu_ps(c + (size_t)r * c_row, sum[r][0]);
    _mm512_storeu_ps(c + (size_t)r * c_row + 16, sum[r][1]);
  }
}

// The same for any number of rows.
static inline CK_BF16_TARGET void ck_bf16_tiles(
    size_t rows, const uint16_t *a, size_t a_row, const uint16_t *panel, size_t pairs, float *c, size_t c_row, int accumulate) {
  for (; rows >= CK_BF16_TILE; rows -= CK_BF16_TILE, a += CK_BF16_TILE * a_row, c += CK_BF16_TILE * c_row)
    ck_bf16_one_tile(CK_BF16_TILE, a, a_row, panel, pairs, c, c_row, accumulate);
  switch (rows) {
    case 0: break;
    case 1: ck_bf16_one_tile(1, a, a_row, panel, pairs, c, c_row, accumulate); break;
    case 2: ck_bf16_one_tile(2, a, a_row, panel, pairs, c, c_row, accumulate); break;
    case 3: ck_bf16_one_tile(3, a, a_row, panel, pairs, c, c_row, accumulate); break;
    case 4: ck_bf16_one_tile(4, a, a_row, panel, pairs, c, c_row, accumulate); break;
    case 5: ck_bf16_one_tile(5, a, a_row, panel, pairs, c, c_row, accumulate); break;
    case 6: ck_bf16_one_tile(6, a, a_row, panel, pairs, c, c_row, accumulate); break;
    case 7: ck_bf16_one_tile(7, a, a_row, panel, pairs, c, c_row, accumulate); break;
    case 8: ck_bf16_one_tile(8, a, a_row, panel, pairs, c, c_row, accumulate); break;
    case 9: ck_bf16_one_tile(9, a, a_row, panel, pairs, c, c_row, accumulate); break;
    case 10: ck_bf16_one_tile(10, a, a_row, panel, pairs, c, c_row, accumulate); break;
    default: ck_bf16_one_tile(11, a, a_row, panel, pairs, c, c_row, accumulate); break;
  }
}

#endif

#endif
