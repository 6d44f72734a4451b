#include "ck_dense_epilogue.h"

#include "ck_elementwise_math.h"

CK_INLINE float identity(float x) { return x; }
CK_INLINE float relu(float x) { return x < 0 ? 0 : x; }
CK_INLINE float silu(float x) { return x * ck_sigmoidf(x); }

// Four vectors at a time hide the latency of the polynomials.
#define EACH_COLUMN _Pragma("clang loop vectorize(assume_safety) interleave_count(4)") for (size_t j = 0; j < columns; j++)

#define ROWS(name, function)                                                                            \
  CK_DENSE_CLONES static void name(                                                                     \
      float *y, size_t stride, size_t rows, size_t columns, const float *bias, const float *residual) { \
    for (size_t i = 0; i < rows; i++) {                                                                 \
      float *row = y + i * stride;                                                                      \
      const float *other = residual + (residual ? i * stride : 0);                                      \
      if (bias && residual) {                                                                           \
        EACH_COLUMN row[j] = function(row[j] + bias[j]) + other[j];                                     \
      } else if (residual) {                                                                            \
        EACH_COLUMN row[j] = function(row[j]) + other[j];                                               \
      } else if (bias) {                                                                                \
        EACH_COLUMN row[j] = function(row[j] + bias[j]);                                                \
      } else {                                                                                          \
        EACH_COLUMN row[j] = function(row[j]);                                                          \
      }                                                                                                 \
    }                                                                                                   \
  }

ROWS(rows_none, identity)
ROWS(rows_relu, relu)
ROWS(rows_gelu, ck_geluf)
ROWS(rows_gelu_tanh, ck_gelu_tanhf)
ROWS(rows_silu, silu)
ROWS(rows_sigmoid, ck_sigmoidf)

void ck_dense_epilogue(
    float *y, size_t stride, size_t rows, size_t columns, const float *bias, ck_activation activation, const float *residual) {
  switch (activation) {
    case CK_ACTIVATION_NONE:
      if (bias || residual) rows_none(y, stride, rows, columns, bias, residual);
      break;
    case CK_ACTIVATION_RELU: rows_relu(y, stride, rows, columns, bias, residual); break;
    case CK_ACTIVATION_GELU: rows_gelu(y, stride, rows, columns, bias, residual); break;
    case CK_ACTIVATION_GELU_TANH: rows_gelu_tanh(y, stride, rows, columns, bias, residual); break;
    case CK_ACTIVATION_SILU: rows_silu(y, stride, rows, columns, bias, residual); break;
    case CK_ACTIVATION_SIGMOID: rows_sigmoid(y, stride, rows, columns, bias, residual); break;
  }
}
