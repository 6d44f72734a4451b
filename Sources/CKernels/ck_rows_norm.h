#ifndef CK_ROWS_NORM_H
#define CK_ROWS_NORM_H

#include "ck_rows_simd.h"

CK_INLINE float row_sum(const float *x, size_t count) {
  v16 a = {0}, b = {0};
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    a += LOAD16(x + i);
    b += LOAD16(x + i + 16);
  }
  a += b;
  float sum = sum16(&a);
  for (; i < count; i++) sum += x[i];
  return sum;
}

// How a row is normalised: (x - mean) * inverse + offset. The mean is rounded; the offset takes back what rounding moved, so
// that rows far from 0 keep their digits; the true mean is mean + rest.
typedef struct {
  float mean, inverse, offset, rest;
} row_scaling;

// From sums of squares and of differences to `mean`, which is rounded.
CK_INLINE void row_finish(float mean, float squares, float rest, size_t count, float epsilon, row_scaling *result) {
  rest /= (float)count;
  float variance = squares / (float)count - rest * rest;
  result->mean = mean;
  result->rest = rest;
  result->inverse = 1 / sqrtf((variance > 0 ? variance : 0) + epsilon);
  result->offset = -rest * result->inverse;
  // NaN compares false above and has to stay.
  if (isnan(variance)) result->inverse = variance;
}

CK_INLINE void row_statistics(const float *x, size_t count, float epsilon, row_scaling *result) {
  float mean = row_sum(x, count) / (float)count;
  v16 a = {0}, b = {0}, c = {0}, d = {0};
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    v16 s = LOAD16(x + i) - mean, t = LOAD16(x + i + 16) - mean;
    a += s * s;
    b += t * t;
    c += s;
    d += t;
  }
  a += b;
  c += d;
  float squares = sum16(&a), rest = sum16(&c);
  for (; i < count; i++) {
    float s = x[i] - mean;
    squares += s * s;
    rest += s;
  }
  row_finish(mean, squares, rest, count, epsilon, result);
}

#endif
