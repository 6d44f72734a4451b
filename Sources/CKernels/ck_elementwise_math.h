#ifndef CK_ELEMENTWISE_MATH_H
#define CK_ELEMENTWISE_MATH_H

// Branch-free float32 functions that the compiler can vectorise. The polynomials are minimax fits made for this file.

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#define CK_SIMD __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CK_SIMD
#endif
#define CK_INLINE static inline __attribute__((always_inline))
// The iterations are independent even where the output is the very buffer of an input.
#define CK_VECTORIZE _Pragma("clang loop vectorize(assume_safety) interleave(enable)")

// The value of a float element, beside ck_bf16_value and ck_bf16_rounded for bfloat16 ones.
#define CK_FLOAT(x) (x)

enum { CK_GRAIN = 16384 };

CK_INLINE float ck_from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

CK_INLINE uint32_t ck_to_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// 2^k for a whole k in -126...127.
CK_INLINE float ck_scale2(float k) { return ck_from_bits((uint32_t)((int32_t)k + 127) << 23); }

CK_INLINE float ck_nearest(float x) { return (x + 12582912.0f) - 12582912.0f; }

// 2^x for x in -126...0.
CK_INLINE float ck_exp2_small(float x) {
  float k = ck_nearest(x), f = x - k;
  float p = 0.00015353257185779512f;
  p = p * f + 0.0013399003073573112f;
  p = p * f + 0.00961843878030777f;
  p = p * f + 0.05550331994891167f;
  p = p * f + 0.24022647738456726f;
  p = p * f + 0.6931471824645996f;
  return (p * f + 1.0f) * ck_scale2(k);
}

// e^x, relative error about 1e-7; 0 below -104, infinity above 88.73.
CK_INLINE float ck_expf(float x) {
  float bounded = x > 89.0f ? 89.0f : x;
  bounded = bounded < -104.0f ? -104.0f : bounded;
  // NaN would make an undefined integer; it comes back through the last line.
  bounded = bounded == bounded ? bounded : 0.0f;
  float k = ck_nearest(bounded * 1.44269504f);
  float r = bounded - k * 0.693145752f - k * 1.42860677e-6f;
  float p = 0.0013814540579915047f;
  p = p * r + 0.00836874544620514f;
  p = p * r + 0.04166838899254799f;
  p = p * r + 0.1666652113199234f;
  p = p * r + 0.4999999403953552f;
  p = p * r * r + r + 1.0f;
  // Two factors, so that results below the normal range come out right.
  float half = ck_nearest(k * 0.5f);
  float y = p * ck_scale2(half) * ck_scale2(k - half);
  y = x < -104.0f ? 0.0f : y;
  return x == x ? y : x;
}

// Natural logarithm, relative error about 1e-7.
CK_INLINE float ck_logf(float x) {
  int tiny = x < 1.17549435e-38f;
  float scaled = tiny ? x * 8388608.0f : x;
  uint32_t bits = ck_to_bits(scaled);
  int32_t exponent = (int32_t)(bits >> 23) - 127;
  float m = ck_from_bits((bits & 0x007fffffu) | 0x3f800000u);
  int high = m > 1.41421354f;
  m = high ? m * 0.5f : m;
  float e = (float)(exponent + (high ? 1 : 0)) - (tiny ? 23.0f : 0.0f);
  float f = m - 1.0f;
  float p = 0.06746640801429749f;
  p = p * f + -0.11675652116537094f;
  p = p * f + 0.11888162046670914f;
  p = p * f + -0.1240558922290802f;
  p = p * f + 0.14219552278518677f;
  p = p * f + -0.1666799634695053f;
  p = p * f + 0.2000211924314499f;
  p = p * f + -0.25000008940696716f;
  p = p * f + 0.3333331346511841f;
  float y = f * f * (p * f - 0.5f) + f + e * 1.42860677e-6f + e * 0.693145752f;
  y = x == INFINITY ? x : y;
  y = x == 0.0f ? -INFINITY : y;
  return x >= 0.0f ? y : NAN;
}

// e^x - 1 for x up to 0, without what subtraction loses near 0.
CK_INLINE float ck_expm1_negative(float x) {
  float p = 0.0013814540579915047f;
  p = p * x + 0.00836874544620514f;
  p = p * x + 0.04166838899254799f;
  p = p * x + 0.1666652113199234f;
  p = p * x + 0.4999999403953552f;
  return x > -0.34f ? p * x * x + x : ck_expf(x) - 1.0f;
}

CK_INLINE float ck_sigmoidf(float x) { return 1.0f / (1.0f + ck_expf(-x)); }

CK_INLINE float ck_tanhf(float x) {
  float a = fabsf(x), z = x * x;
  float p = -0.005852190311998129f;
  p = p * z + 0.02075364999473095f;
  p = p * z + -0.053768713027238846f;
  p = p * z + 0.13331688940525055f;
  p = p * z + -0.3333328366279602f;
  float small = x + x * (p * z);
  float big = 1.0f - 2.0f / (ck_expf(2.0f * a) + 1.0f);
  return a < 0.6f ? small : copysignf(big, x);
}

// Error function, absolute error below 1e-7; relative as well where |x| < 0.55.
CK_INLINE float ck_erff(float x) {
  float a = fabsf(x), z = x * x;
  float s = 0.004618615843355656f;
  s = s * z + -0.026708923280239105f;
  s = s * z + 0.11282102018594742f;
  s = s * z + -0.3761257529258728f;
  s = s * z + 1.1283791065216064f;
  // erfc(a) = 2^-(a P(a)); at 4 and above it is less than half a unit in the last place of 1.
  float t = a > 4.0f ? 4.0f : a;
  float p = -1.1604453902691603e-05f;
  p = p * t + 0.00015296123456209898f;
  p = p * t + -0.0008482233488349414f;
  p = p * t + 0.0022747651673853397f;
  p = p * t + -8.478421659674495e-05f;
  p = p * t + -0.027724487707018852f;
  p = p * t + 0.1483079195022583f;
  p = p * t + 0.9184429049491882f;
  p = p * t + 1.6279072761535645f;
  float big = 1.0f - ck_exp2_small(-(t * p));
  big = copysignf(big, x);
  return a < 0.55f ? s * x : (x == x ? big : x);
}

// The normal distribution beyond |x|: (1 - erf(|x| / sqrt 2)) / 2 for |x| up to 12, smaller than 1e-30 from there on.
CK_INLINE float ck_normal_tail(float a) {
  float t = a > 6.0f ? 6.0f : a;
  float p = -3.439308216002246e-07f;
  p = p * t + 7.0949549808574375e-06f;
  p = p * t + -6.022482557455078e-05f;
  p = p * t + 0.00023746286751702428f;
  p = p * t + 7.079260831233114e-05f;
  p = p * t + -0.007022491190582514f;
  p = p * t + 0.05248919501900673f;
  p = p * t + 0.4592052400112152f;
  p = p * t + 1.1511059999465942f;
  float u = (a > 20.0f ? 20.0f : a) * p;
  u = u == u ? u : 0.0f;
  return 0.5f * ck_exp2_small(-u);
}

// x Phi(x) = max(x, 0) - |x| tail(|x|).
CK_INLINE float ck_geluf(float x) {
  float a = fabsf(x);
  float bounded = a > 40.0f ? 40.0f : a;
  return (x > 0.0f ? x : 0.0f) - bounded * ck_normal_tail(a);
}

// Phi(x) + x phi(x).
CK_INLINE float ck_gelu_slope(float x) {
  float a = fabsf(x);
  float bounded = a > 20.0f ? 20.0f : a;
  float tail = ck_normal_tail(a);
  float phi = 0.39894228f * ck_expf(-0.5f * bounded * bounded);
  float density = copysignf(bounded * phi, x);
  return (x > 0.0f ? 1.0f - tail : tail) + density;
}

CK_INLINE float ck_gelu_tanhf(float x) {
  float inner = 0.79788456f * (x + 0.044715f * x * x * x);
  return x * ck_sigmoidf(2.0f * inner);
}

CK_INLINE float ck_gelu_tanh_slope(float x) {
  // x^3 of larger numbers overflows, and the slope is 0 or 1 long before.
  x = x > 30.0f ? 30.0f : x;
  x = x < -30.0f ? -30.0f : x;
  float s = ck_sigmoidf(1.59576912f * (x + 0.044715f * x * x * x));
  return s + x * s * (1.0f - s) * 1.59576912f * (1.0f + 0.134145f * x * x);
}

CK_INLINE float ck_silu_slope(float x) {
  float s = ck_sigmoidf(x);
  float bounded = x > 100.0f ? 100.0f : x;
  bounded = bounded < -100.0f ? -100.0f : bounded;
  return s * (1.0f + bounded * (1.0f - s));
}

CK_INLINE float ck_softplusf(float x) {
  float y = (x > 0.0f ? x : 0.0f) + ck_logf(1.0f + ck_expf(-fabsf(x)));
  return x == x ? y : x;
}

// x tanh(log(1 + e^x)) = x n / (n + 2) for n = e^x (e^x + 2).
CK_INLINE float ck_mishf(float x) {
  float e = ck_expf(x > 20.0f ? 20.0f : x), n = e * (e + 2.0f);
  return x > 20.0f ? x : x * (n / (n + 2.0f));
}

#endif
