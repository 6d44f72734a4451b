#include "ck_elementwise.h"
#include "ck_elementwise_math.h"
#include "ck_threads.h"

typedef struct {
  const void *x;
  void *y;
} cast_job;

#define CK_CAST(name, from, to, expression)                                       \
  static CK_SIMD void name##_range(void *pointer, size_t begin, size_t end) {     \
    const cast_job *job = pointer;                                                \
    const from *source = job->x;                                                  \
    to *destination = job->y;                                                     \
    CK_VECTORIZE for (size_t i = begin; i < end; i++) {                           \
      const from x = source[i];                                                   \
      destination[i] = (to)(expression);                                          \
    }                                                                             \
  }                                                                               \
  void name(size_t count, const void *x, void *y) {                               \
    cast_job job = {x, y};                                                        \
    ck_parallel_for(count, CK_GRAIN, name##_range, &job);                         \
  }

CK_INLINE float half_to_float(uint16_t half) {
  uint32_t magnitude = (uint32_t)(half & 0x7fffu) << 13;
  // Moving the exponent by a product takes care of the numbers below the normal range.
  uint32_t bits = ck_to_bits(ck_from_bits(magnitude) * 0x1p112f);
  bits = magnitude >= 0x0f800000u ? magnitude | 0x7f800000u : bits;
  return ck_from_bits(bits | (uint32_t)(half & 0x8000u) << 16);
}

// The nearest, ties to even; infinity from 65520 on.
CK_INLINE uint16_t float_to_half(float x) {
  uint32_t bits = ck_to_bits(x), magnitude = bits & 0x7fffffffu;
  uint32_t normal = (magnitude - 0x38000000u + 0xfffu + (magnitude >> 13 & 1u)) >> 13;
  // The last place of 0.5 is the smallest float16.
  uint32_t tiny = ck_to_bits(ck_from_bits(magnitude < 0x38800000u ? magnitude : 0) + 0.5f) - 0x3f000000u;
  uint32_t result = magnitude < 0x38800000u ? tiny : normal;
  result = magnitude >= 0x47800000u ? 0x7c00u : result;
  result = magnitude > 0x7f800000u ? 0x7e00u : result;
  return (uint16_t)(result | (bits >> 16 & 0x8000u));
}

CK_INLINE uint16_t float_to_bfloat(float x) {
  uint32_t bits = ck_to_bits(x);
  uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
  return (uint16_t)(x == x ? rounded : (bits >> 16 & 0x8000u) | 0x7fc0u);
}

// Towards zero within the bounds of the integer, which floats hold; NaN is 0.
#define CK_WHOLE(type, low, high, most) \
  (x >= (high) ? (type)(most) : x > (low) ? (type)x : x == x ? (type)(low) : (type)0)

CK_CAST(ck_bool_to_float, uint8_t, float, x ? 1.0f : 0.0f)
CK_CAST(ck_float_to_bool, float, uint8_t, x != 0.0f)
CK_CAST(ck_half_to_float, uint16_t, float, half_to_float(x))
CK_CAST(ck_float_to_half, float, uint16_t, float_to_half(x))
CK_CAST(ck_bfloat_to_float, uint16_t, float, ck_from_bits((uint32_t)x << 16))
CK_CAST(ck_float_to_bfloat, float, uint16_t, float_to_bfloat(x))
CK_CAST(ck_float_to_double, float, double, x)
CK_CAST(ck_double_to_float, double, float, x)
CK_CAST(ck_float_to_long, float, int64_t, CK_WHOLE(int64_t, -0x1p63f, 0x1p63f, INT64_MAX))
CK_CAST(ck_long_to_float, int64_t, float, x)
CK_CAST(ck_float_to_int, float, int32_t, CK_WHOLE(int32_t, -0x1p31f, 0x1p31f, INT32_MAX))
CK_CAST(ck_int_to_float, int32_t, float, x)
CK_CAST(ck_float_to_byte, float, uint8_t, CK_WHOLE(uint8_t, 0.0f, 255.0f, 255))
CK_CAST(ck_byte_to_float, uint8_t, float, x)
CK_CAST(ck_float_to_small, float, int8_t, CK_WHOLE(int8_t, -128.0f, 127.0f, 127))
CK_CAST(ck_small_to_float, int8_t, float, x)
CK_CAST(ck_long_to_int, int64_t, int32_t, x)
CK_CAST(ck_int_to_long, int32_t, int64_t, x)
CK_CAST(ck_byte_to_long, uint8_t, int64_t, x)
CK_CAST(ck_byte_to_int, uint8_t, int32_t, x)
