#ifndef CK_ROWS_ATTENTION_H
#define CK_ROWS_ATTENTION_H

#include "ck_rows.h"
#include "ck_rows_gemm.h"

// What the forward and the backward kernel share.

#define LOG2E 1.4426950408889634f
#define LN2 0.6931471805599453f
// Rows of blocks are multiples of every tile in use.
#define TILE_MULTIPLE 12

CK_INLINE size_t padded(size_t count, size_t multiple) { return (count + multiple - 1) / multiple * multiple; }

// Queries of a block: their scores should stay in the second-level cache.
CK_INLINE size_t attention_block(const ck_attention *s) {
  size_t rows = 65536 / padded(s->keys, 16) / TILE_MULTIPLE * TILE_MULTIPLE;
  return rows > 48 ? 48 : rows < TILE_MULTIPLE ? TILE_MULTIPLE : rows;
}

// Scores in base 2 to probabilities times the row's sum, in place, padding to zeros: x[rows, keys padded to 16].
// Adds the mask on the way. `sums` gets the sum of each row.
CK_INLINE void block_softmax(
    const ck_attention *s, float *scores, size_t rows, const float *mask, float *sums) {
  size_t count = s->keys, stride = padded(count, 16), tail = count % 16;
  for (size_t i = 0; i < rows; i++, scores += stride) {
    if (mask) {
      const float *m = mask + i * s->mask_strides[2];
      if (s->mask_strides[3]) {
        for (size_t j = 0; j < count; j++) scores[j] += m[j] * LOG2E;
      } else {
        for (size_t j = 0; j < count; j++) scores[j] += *m * LOG2E;
      }
    }
    for (size_t j = count; j < stride; j++) scores[j] = -INFINITY;
    v16 peak = LOAD16(scores);
    for (size_t j = 16; j < stride; j += 16) {
      v16 a = LOAD16(scores + j);
      v16i above = a > peak;
      select16(&peak, &above, &a, &peak);
    }
    float top = max16(&peak);
    v16 sum = {0};
    for (size_t j = 0; j < stride; j += 16) {
      v16 a = LOAD16(scores + j) - top;
      exp2_16(&a);
      if (tail && j + 16 == stride) {
        // A row of nothing but -inf gives NaN, which must not reach the padding.
        float e[16];
        memcpy(e, &a, sizeof e);
        for (size_t l = tail; l < 16; l++) e[l] = 0;
        memcpy(&a, e, sizeof e);
      }
      STORE16(scores + j, a);
      sum += a;
    }
    sums[i] = sum16(&sum);
  }
}

#endif
