#include "ck_elementwise.h"
#include "ck_elementwise_math.h"
#include "ck_threads.h"

typedef struct {
  const void *x;
  void *y;
  float scale, zero, low, high;
} quantize_job;

static CK_SIMD void quantize_range(void *pointer, size_t begin, size_t end) {
  const quantize_job *job = pointer;
  const float *x = job->x, scale = job->scale, zero = job->zero, low = job->low, high = job->high;
  uint8_t *y = job->y;
  CK_VECTORIZE for (size_t i = begin; i < end; i++) {
    float t = __builtin_elementwise_roundeven(x[i] / scale) + zero;
    t = t < low ? low : t;
    t = t > high ? high : t;
    y[i] = (uint8_t)(int32_t)(t == t ? t : 0.0f);
  }
}

void ck_quantize(size_t count, const float *x, float scale, float zero, float low, float high, uint8_t *y) {
  quantize_job job = {x, y, scale, zero, low, high};
  ck_parallel_for(count, CK_GRAIN, quantize_range, &job);
}

#define CK_DEQUANTIZE(name, type)                                                 \
  static CK_SIMD void name##_range(void *pointer, size_t begin, size_t end) {     \
    const quantize_job *job = pointer;                                            \
    const type *x = job->x;                                                       \
    const float scale = job->scale, zero = job->zero;                             \
    float *y = job->y;                                                            \
    CK_VECTORIZE for (size_t i = begin; i < end; i++) y[i] = ((float)x[i] - zero) * scale; \
  }                                                                               \
  void name(size_t count, const void *x, float scale, float zero, float *y) {     \
    quantize_job job = {x, y, scale, zero, 0, 0};                                 \
    ck_parallel_for(count, CK_GRAIN, name##_range, &job);                         \
  }

CK_DEQUANTIZE(ck_dequantize_unsigned, uint8_t)
CK_DEQUANTIZE(ck_dequantize_signed, int8_t)
