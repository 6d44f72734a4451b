#ifndef CK_ROWS_SIMD_H
#define CK_ROWS_SIMD_H

// Sixteen floats at a time, in whatever registers the target has. Helpers take pointers, never vectors, so that they
// inline into functions of any target; every function that uses them is compiled for several CPUs (CK_CLONES).

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ck_cpu.h"

typedef float v16 __attribute__((vector_size(64)));
typedef int32_t v16i __attribute__((vector_size(64)));
typedef float v16u __attribute__((vector_size(64), aligned(4), may_alias));

#define CK_INLINE static inline __attribute__((always_inline))
#define CK_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

// The variant of a function for this CPU: `name`_v4, `name`_v3 or `name`_baseline.
#define CK_BEST(name) (ck_cpu_level() >= 4 ? name##_v4 : ck_cpu_level() >= 3 ? name##_v3 : name##_baseline)

#define LOAD16(p) ((v16)*(const v16u *)(p))
#define STORE16(p, value) (*(v16u *)(p) = (value))
#define SPLAT16(x) ((v16){0} + (x))

// The first n < 16 floats of p, then `fill`.
CK_INLINE void tail16(v16 *result, const float *p, size_t n, float fill) {
  float buffer[16];
  for (size_t i = 0; i < 16; i++) buffer[i] = i < n ? p[i] : fill;
  memcpy(result, buffer, sizeof buffer);
}

// The first n < 16 floats of a vector into memory.
CK_INLINE void store_tail16(float *p, const v16 *value, size_t n) {
  float buffer[16];
  memcpy(buffer, value, sizeof buffer);
  for (size_t i = 0; i < n; i++) p[i] = buffer[i];
}

CK_INLINE float sum16(const v16 *value) {
  float b[16];
  memcpy(b, value, sizeof b);
  float s[4];
  for (int i = 0; i < 4; i++) s[i] = (b[i] + b[i + 8]) + (b[i + 4] + b[i + 12]);
  return (s[0] + s[2]) + (s[1] + s[3]);
}

CK_INLINE float max16(const v16 *value) {
  float b[16];
  memcpy(b, value, sizeof b);
  float m = b[0];
  for (int i = 1; i < 16; i++) m = b[i] > m ? b[i] : m;
  return m;
}

CK_INLINE void select16(v16 *result, const v16i *mask, const v16 *yes, const v16 *no) {
  *result = (v16)(((v16i)*yes & *mask) | ((v16i)*no & ~*mask));
}

// e^r 2^n for |r| <= ln2 / 2, where `shifted` is n + 1.5 * 2^23; results below the smallest normal number are 0.
// `below` marks those. Relative error of the polynomial 2e-9.
CK_INLINE void exp_core16(v16 *x, const v16 *r, const v16 *shifted, const v16i *below) {
  v16 q = *r * 0x1.6a24cep-10f + 0x1.1239d6p-7f;
  q = q * *r + 0x1.5558f0p-5f;
  q = q * *r + 0x1.555492p-3f;
  q = q * *r + 0x1.fffffcp-2f;
  v16 p = q * (*r * *r) + *r;
  p = p + 1.0f;
  v16i power = ((v16i)*shifted - (0x4B400000 - 127)) << 23;
  *x = (v16)((v16i)(p * (v16)power) & ~*below);
}

// e^x for x <= 88, in place: 0 for -inf and below ln(2^-126), NaN stays NaN. Within 2 units in the last place.
CK_INLINE void exp16(v16 *x) {
  v16 shifted = *x * 0x1.715476p+0f + 12582912.0f;
  v16 n = shifted - 12582912.0f;
  v16 r = *x - n * 0x1.62e400p-1f;
  r = r - n * 0x1.7f7d1cp-20f;
  v16i below = *x < -87.33654f;
  exp_core16(x, &r, &shifted, &below);
}

// 2^x for x <= 127, in place.
CK_INLINE void exp2_16(v16 *x) {
  v16 shifted = *x + 12582912.0f;
  v16 r = (*x - (shifted - 12582912.0f)) * 0x1.62e430p-1f;
  v16i below = *x < -126.0f;
  exp_core16(x, &r, &shifted, &below);
}

#endif
