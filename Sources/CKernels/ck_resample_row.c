#include "ck_resample_row.h"

#include "ck_cpu.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static void widen_baseline(const ck_resample_row *row, const float *x, float *y) {
  for (size_t i = 0; i < row->out; i++) {
    float sum = 0;
    for (size_t k = 0; k < row->taps; k++) sum += row->weights[k * row->out + i] * x[(size_t)row->starts[i] + k * row->step];
    y[i] = sum;
  }
}

#if defined(__x86_64__)

// Floats that are read by sixteen neighbours lie close together where a row grows or halves: they are taken out of one to three
// registers; else they are gathered. `mask` holds the floats that there are.
__attribute__((target("avx512f"), always_inline)) static inline __m512 sixteen(
    const ck_resample_row *row, const float *x, size_t i, __mmask16 mask) {
  const __m512i step = _mm512_set1_epi32((int)row->step);
  int low = row->lows[i / 8], high = row->highs[i / 8];
  if (i + 8 < row->out) {
    low = row->lows[i / 8 + 1] < low ? row->lows[i / 8 + 1] : low;
    high = row->highs[i / 8 + 1] > high ? row->highs[i / 8 + 1] : high;
  }
  __m512i place = _mm512_maskz_loadu_epi32(mask, row->starts + i);
  const float *weights = row->weights + i;
  __m512 sum = _mm512_setzero_ps();
#define EACH_TAP(source)                                                                                          \
  for (size_t k = 0; k < row->taps; k++, weights += row->out, place = _mm512_add_epi32(place, step))              \
    sum = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, weights), source, sum);
  if (high - low < 16) {
    __m512 near = _mm512_loadu_ps(x + low);
    place = _mm512_sub_epi32(place, _mm512_set1_epi32(low));
    EACH_TAP(_mm512_permutexvar_ps(place, near))
  } else if (high - low < 32) {
    __m512 near = _mm512_loadu_ps(x + low), far = _mm512_loadu_ps(x + low + 16);
    place = _mm512_sub_epi32(place, _mm512_set1_epi32(low));
    EACH_TAP(_mm512_permutex2var_ps(near, place, far))
  } else if (high - low < 48) {
    __m512 near = _mm512_loadu_ps(x + low), far = _mm512_loadu_ps(x + low + 16), last = _mm512_loadu_ps(x + low + 32);
    place = _mm512_sub_epi32(place, _mm512_set1_epi32(low));
    EACH_TAP(_mm512_mask_permutexvar_ps(
        _mm512_permutex2var_ps(near, place, far), _mm512_cmpge_epi32_mask(place, _mm512_set1_epi32(32)), place, last))
  } else {
    EACH_TAP(_mm512_mask_i32gather_ps(_mm512_setzero_ps(), mask, place, x, 4))
  }
#undef EACH_TAP
  return sum;
}

__attribute__((target("avx512f"))) static void widen_v4(const ck_resample_row *row, const float *x, float *y) {
  size_t i = 0;
  for (; i + 16 <= row->out; i += 16) _mm512_storeu_ps(y + i, sixteen(row, x, i, 0xffff));
  if (i < row->out) {
    __mmask16 mask = (__mmask16)((1u << (row->out - i)) - 1);
    // A masked store to memory that is not cached is slow; this is one in a row.
    _mm512_mask_storeu_ps(y + i, mask, sixteen(row, x, i, mask));
  }
}

// As above, eight at a time.
__attribute__((target("avx2,fma"))) static void widen_v3(const ck_resample_row *row, const float *x, float *y) {
  const __m256i step = _mm256_set1_epi32((int)row->step);
  size_t i = 0;
  for (; i + 8 <= row->out; i += 8) {
    int low = row->lows[i / 8], high = row->highs[i / 8];
    __m256i place = _mm256_loadu_si256((const __m256i *)(row->starts + i));
    const float *weights = row->weights + i;
    __m256 sum = _mm256_setzero_ps();
    if (high - low < 8) {
      __m256 source = _mm256_loadu_ps(x + low);
      place = _mm256_sub_epi32(place, _mm256_set1_epi32(low));
      for (size_t k = 0; k < row->taps; k++, weights += row->out, place = _mm256_add_epi32(place, step))
        sum = _mm256_fmadd_ps(_mm256_loadu_ps(weights), _mm256_permutevar8x32_ps(source, place), sum);
    } else {
      for (size_t k = 0; k < row->taps; k++, weights += row->out, place = _mm256_add_epi32(place, step))
        sum = _mm256_fmadd_ps(_mm256_loadu_ps(weights), _mm256_i32gather_ps(x, place, 4), sum);
    }
    _mm256_storeu_ps(y + i, sum);
  }
  for (; i < row->out; i++) {
    float sum = 0;
    for (size_t k = 0; k < row->taps; k++) sum += row->weights[k * row->out + i] * x[(size_t)row->starts[i] + k * row->step];
    y[i] = sum;
  }
}

#endif

void ck_resample_widen(const ck_resample_row *row, const float *x, float *y) {
#if defined(__x86_64__)
  int level = ck_cpu_level();
  if (level >= 4) return widen_v4(row, x, y);
  if (level >= 3) return widen_v3(row, x, y);
#endif
  widen_baseline(row, x, y);
}
