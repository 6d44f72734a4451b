#ifndef CK_DEPTHWISE_VECTOR_H
#define CK_DEPTHWISE_VECTOR_H

// Sixteen channels in a register: what depthwise convolutions share.

#include "include/ck_depthwise.h"

// Channels of a vector.
enum { LANES = 16 };

static inline size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static inline size_t ceiling(size_t a, size_t b) { return (a + b - 1) / b; }

static inline size_t padded(size_t channels) { return ceiling(channels, LANES) * LANES; }

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#define INLINE TARGET static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

#include "ck_panels_math.h"

INLINE __m512 widened(__m256i bits) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16)); }

// To nearest, ties to even; NaN stays NaN.
INLINE __m256i narrowed(__m512 value) {
  const __m512i bits = _mm512_castps_si512(value), odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __mmask16 is_number = _mm512_cmp_ps_mask(value, value, _CMP_ORD_Q);
  const __m512i quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x400000));
  const __m512i sum = _mm512_mask_add_epi32(quiet, is_number, bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF)));
  // The upper halves, side by side.
  const __m512i places = _mm512_set_epi16(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1, 31, 29, 27, 25, 23, 21, 19,
                                          17, 15, 13, 11, 9, 7, 5, 3, 1);
  return _mm512_castsi512_si256(_mm512_permutexvar_epi16(places, sum));
}

// Element `index` and those behind it; those beyond the mask are 0 and not touched.
INLINE __m512 load(const char *from, size_t index, bool is_bf16, __mmask16 mask) {
  if (is_bf16) return widened(_mm256_maskz_loadu_epi16(mask, (const uint16_t *)from + index));
  return _mm512_maskz_loadu_ps(mask, (const float *)from + index);
}

INLINE void store(char *to, size_t index, bool is_bf16, __mmask16 mask, __m512 value) {
  if (is_bf16 && mask == 0xFFFF)
    _mm256_storeu_si256((__m256i *)((uint16_t *)to + index), narrowed(value));
  else if (is_bf16)
    _mm256_mask_storeu_epi16((uint16_t *)to + index, mask, narrowed(value));
  else
    _mm512_mask_storeu_ps((float *)to + index, mask, value);
}

// Activates `count` vectors that follow each other.
TARGET static inline __attribute__((noinline)) void activate(__m512 *values, size_t count, ck_activation activation) {
#define EACH(name)                                                                  \
  case name:                                                                        \
    for (size_t i = 0; i < count; i++) values[i] = activated(values[i], name);      \
    break;
  switch (activation) {
    EACH(CK_ACTIVATION_NONE)
    EACH(CK_ACTIVATION_RELU)
    EACH(CK_ACTIVATION_GELU)
    EACH(CK_ACTIVATION_GELU_TANH)
    EACH(CK_ACTIVATION_SILU)
    EACH(CK_ACTIVATION_SIGMOID)
  }
#undef EACH
}

#endif

#endif
