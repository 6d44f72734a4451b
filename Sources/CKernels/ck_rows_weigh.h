#ifndef CK_ROWS_WEIGH_H
#define CK_ROWS_WEIGH_H

// Scores of attention to weights where there is AVX-512, one row at a time. Powers are of 2, so `factor` brings base e with it.

#include <math.h>

#include "ck_bf16_lanes.h"

#if defined(__x86_64__)

#define WEIGH_TARGET LANES_TARGET
#define WEIGH_NARROW_TARGET __attribute__((target("arch=x86-64-v4,avx512bf16"), min_vector_width(512)))
#define WEIGH static inline __attribute__((always_inline))

// 2^x for x that is not above 0 by more than a few units, to a relative error of 2e-7, or 3e-6 where it will be rounded to
// bfloat16; 0 for minus infinity, NaN stays NaN.
WEIGH WEIGH_TARGET __m512 exp2_below(__m512 x, const bool is_narrow) {
  // Of NaN and a number the second operand remains.
  x = _mm512_max_ps(_mm512_set1_ps(-200), x);
  __m512 whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC), f = _mm512_sub_ps(x, whole);
#define HORNER(p, c) _mm512_fmadd_ps(p, f, _mm512_set1_ps(c))
  __m512 p;
  if (is_narrow) {
    p = HORNER(_mm512_set1_ps(0.009570081f), 0.0559178056f);
    p = HORNER(HORNER(p, 0.2402474478f), 0.6931218215f);
  } else {
    p = HORNER(_mm512_set1_ps(0.00015353257185779512f), 0.0013399003073573112f);
    p = HORNER(HORNER(p, 0.00961843878030777f), 0.05550331994891167f);
    p = HORNER(HORNER(p, 0.24022647738456726f), 0.6931471824645996f);
  }
  return _mm512_scalef_ps(HORNER(p, 1), whole);
#undef HORNER
}

// to[j] = from[j] * factor + offset for `count` elements.
WEIGH WEIGH_TARGET void spread(const float *from, size_t count, float factor, float offset, float *to) {
  const __m512 by = _mm512_set1_ps(factor), more = _mm512_set1_ps(offset);
  size_t j = 0;
  for (; j + 16 <= count; j += 16) _mm512_storeu_ps(to + j, _mm512_fmadd_ps(_mm512_loadu_ps(from + j), by, more));
  if (j < count) {
    __mmask16 lanes = first_lanes(count - j);
    _mm512_mask_storeu_ps(to + j, lanes, _mm512_fmadd_ps(_mm512_maskz_loadu_ps(lanes, from + j), by, more));
  }
}

// The largest of factor * scores; minus infinity where there is no number.
WEIGH WEIGH_TARGET float largest(const float *scores, size_t count, float factor) {
  const __m512 by = _mm512_set1_ps(factor);
  __m512 top = _mm512_set1_ps(-INFINITY), other = top;
  size_t j = 0;
  // Of NaN and a number the second operand remains.
  for (; j + 32 <= count; j += 32) {
    top = _mm512_max_ps(_mm512_mul_ps(_mm512_loadu_ps(scores + j), by), top);
    other = _mm512_max_ps(_mm512_mul_ps(_mm512_loadu_ps(scores + j + 16), by), other);
  }
  for (; j < count; j += 16) {
    __mmask16 lanes = first_lanes(count - j);
    top = _mm512_mask_max_ps(top, lanes, _mm512_mul_ps(_mm512_maskz_loadu_ps(lanes, scores + j), by), top);
  }
  return _mm512_reduce_max_ps(_mm512_max_ps(top, other));
}

// 2^(factor * score - reference) of those of sixteen scores that there are, else 0.
WEIGH WEIGH_TARGET __m512 powers(
    const float *scores, __mmask16 lanes, __m512 factor, __m512 reference, const bool is_narrow) {
  __m512 x = _mm512_fmsub_ps(_mm512_maskz_loadu_ps(lanes, scores), factor, reference);
  return _mm512_maskz_mov_ps(lanes, exp2_below(x, is_narrow));
}

// The weights of `count` scores in place, with zeros up to a multiple of 16; returns their sum.
WEIGH WEIGH_TARGET float wide_weights(float *scores, size_t count, float factor, float reference) {
  const __m512 by = _mm512_set1_ps(factor), less = _mm512_set1_ps(reference);
  __m512 sum = _mm512_setzero_ps();
  for (size_t j = 0; j < count; j += 16) {
    __m512 here = powers(scores + j, first_lanes(count - j), by, less, false);
    _mm512_storeu_ps(scores + j, here);
    sum = _mm512_add_ps(sum, here);
  }
  return _mm512_reduce_add_ps(sum);
}

// The same to bfloat16, with zeros up to a multiple of 32; the sum is of the weights before they are rounded.
WEIGH WEIGH_NARROW_TARGET float narrow_weights(
    const float *scores, size_t count, float factor, float reference, uint16_t *weights) {
  const __m512 by = _mm512_set1_ps(factor), less = _mm512_set1_ps(reference);
  __m512 sums[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
  for (size_t j = 0; j < count; j += 32) {
    bool is_whole = count - j >= 32;
    __mmask16 first = is_whole ? 0xFFFF : first_lanes(count - j);
    __mmask16 second = is_whole ? 0xFFFF : count - j > 16 ? first_lanes(count - j - 16) : 0;
    __m512 low = powers(scores + j, first, by, less, true), high = powers(scores + j + 16, second, by, less, true);
    sums[0] = _mm512_add_ps(sums[0], low);
    sums[1] = _mm512_add_ps(sums[1], high);
    _mm512_storeu_si512(weights + j, (__m512i)_mm512_cvtne2ps_pbh(high, low));
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(sums[0], sums[1]));
}

#endif

#endif
