#include "ck_bf16_tile.h"
#include "ck_elementwise.h"
#include "ck_elementwise_math.h"
#include "ck_threads.h"

typedef struct {
  const void *x, *z;
  void *y;
  float a, b;
} unary_job;

// One range for a type of the elements; arithmetic is float32.
#define CK_UNARY_RANGE(name, type, load, save, expression)                                        \
  static CK_SIMD void name(void *pointer, size_t begin, size_t end) {                             \
    const unary_job *job = pointer;                                                               \
    const type *source = job->x;                                                                  \
    type *destination = job->y;                                                                   \
    const float a = job->a, b = job->b;                                                           \
    (void)a, (void)b;                                                                             \
    CK_VECTORIZE for (size_t i = begin; i < end; i++) {                                           \
      const float x = load(source[i]);                                                            \
      destination[i] = save(expression);                                                          \
    }                                                                                             \
  }

#define CK_UNARY(name, expression)                                                                \
  CK_UNARY_RANGE(name##_float, float, CK_FLOAT, CK_FLOAT, expression)                             \
  CK_UNARY_RANGE(name##_bf16, uint16_t, ck_bf16_value, ck_bf16_rounded, expression)               \
  void name(size_t count, const void *x, void *y, float a, float b, bool is_bf16) {               \
    unary_job job = {x, NULL, y, a, b};                                                           \
    ck_parallel_for(count, CK_GRAIN, is_bf16 ? name##_bf16 : name##_float, &job);                 \
  }

CK_UNARY(ck_neg, -x)
CK_UNARY(ck_abs, fabsf(x))
CK_UNARY(ck_sign, x > 0.0f ? 1.0f : (x < 0.0f ? -1.0f : x))
CK_UNARY(ck_sqrt, __builtin_elementwise_sqrt(x))
CK_UNARY(ck_exp, ck_expf(x))
CK_UNARY(ck_log, ck_logf(x))
CK_UNARY(ck_erf, ck_erff(x))
CK_UNARY(ck_reciprocal, 1.0f / x)
CK_UNARY(ck_floor, __builtin_elementwise_floor(x))
CK_UNARY(ck_ceil, __builtin_elementwise_ceil(x))
CK_UNARY(ck_round, __builtin_elementwise_roundeven(x))
CK_UNARY(ck_relu, x < 0.0f ? 0.0f : x)
CK_UNARY(ck_sigmoid, ck_sigmoidf(x))
CK_UNARY(ck_tanh, ck_tanhf(x))
CK_UNARY(ck_silu, x * ck_sigmoidf(x))
CK_UNARY(ck_gelu, ck_geluf(x))
CK_UNARY(ck_gelu_tanh, ck_gelu_tanhf(x))
CK_UNARY(ck_softplus, ck_softplusf(x))
CK_UNARY(ck_elu, x >= 0.0f ? x : a * ck_expm1_negative(x))
CK_UNARY(ck_swish, x * ck_sigmoidf(a * x))
CK_UNARY(ck_mish, ck_mishf(x))
CK_UNARY(ck_hard_swish, ({
           float t = x * (1.0f / 6) + 0.5f;
           t = t < 0.0f ? 0.0f : t;
           x * (t > 1.0f ? 1.0f : t);
         }))
CK_UNARY(ck_leaky_relu, x >= 0.0f ? x : a * x)
CK_UNARY(ck_hard_sigmoid, ({
           float t = a * x + b;
           t = t < 0.0f ? 0.0f : t;
           t > 1.0f ? 1.0f : t;
         }))
CK_UNARY(ck_clip, ({
           float t = x < a ? a : x;
           t > b ? b : t;
         }))

#define CK_GRADIENT(name, expression)                                                             \
  static CK_SIMD void name##_range(void *pointer, size_t begin, size_t end) {                     \
    const unary_job *job = pointer;                                                               \
    const float *inputs = job->z, *gradients = job->x;                                            \
    float *destination = job->y;                                                                  \
    CK_VECTORIZE for (size_t i = begin; i < end; i++) {                                           \
      const float z = inputs[i], dy = gradients[i];                                               \
      destination[i] = (expression);                                                              \
    }                                                                                             \
  }                                                                                               \
  void name(size_t count, const float *z, const float *dy, float *dx) {                           \
    unary_job job = {dy, z, dx, 0, 0};                                                            \
    ck_parallel_for(count, CK_GRAIN, name##_range, &job);                                         \
  }

CK_GRADIENT(ck_relu_gradient, z > 0.0f ? dy : 0.0f)
CK_GRADIENT(ck_sigmoid_gradient, dy * (z - z * z))
CK_GRADIENT(ck_tanh_gradient, dy * (1.0f - z * z))
CK_GRADIENT(ck_silu_gradient, dy * ck_silu_slope(z))
CK_GRADIENT(ck_gelu_gradient, dy * ck_gelu_slope(z))
CK_GRADIENT(ck_gelu_tanh_gradient, dy * ck_gelu_tanh_slope(z))
