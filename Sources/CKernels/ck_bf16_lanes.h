#ifndef CK_BF16_LANES_H
#define CK_BF16_LANES_H

// Sixteen floats in a register that lie in memory as float32 or bfloat16, for CPUs with AVX-512.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)

#include <immintrin.h>

#define LANES_TARGET __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#define LANES_INLINE LANES_TARGET static inline __attribute__((always_inline))

// The first `count` of sixteen.
LANES_INLINE __mmask16 first_lanes(size_t count) { return count >= 16 ? 0xFFFF : (__mmask16)((1u << count) - 1); }

LANES_INLINE __m512 widen_lanes(__m256i bits) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16)); }

// To nearest, ties to even; NaN stays NaN.
LANES_INLINE __m256i narrow_lanes(__m512 value) {
  const __m512i bits = _mm512_castps_si512(value), odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __mmask16 is_number = _mm512_cmp_ps_mask(value, value, _CMP_ORD_Q);
  const __m512i quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x400000));
  const __m512i sum = _mm512_mask_add_epi32(quiet, is_number, bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF)));
  // The upper halves, side by side.
  const __m512i places = _mm512_set_epi16(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1, 31, 29, 27, 25, 23, 21, 19,
                                          17, 15, 13, 11, 9, 7, 5, 3, 1);
  return _mm512_castsi512_si256(_mm512_permutexvar_epi16(places, sum));
}

// The elements from `index` on; those beyond the mask are 0 and not touched.
LANES_INLINE __m512 load_lanes(const void *from, size_t index, bool is_bf16, __mmask16 mask) {
  if (is_bf16) return widen_lanes(_mm256_maskz_loadu_epi16(mask, (const uint16_t *)from + index));
  return _mm512_maskz_loadu_ps(mask, (const float *)from + index);
}

LANES_INLINE void store_lanes(void *to, size_t index, bool is_bf16, __mmask16 mask, __m512 value) {
  if (is_bf16 && mask == 0xFFFF)
    _mm256_storeu_si256((__m256i *)((uint16_t *)to + index), narrow_lanes(value));
  else if (is_bf16)
    _mm256_mask_storeu_epi16((uint16_t *)to + index, mask, narrow_lanes(value));
  else
    _mm512_mask_storeu_ps((float *)to + index, mask, value);
}

#endif

#endif
