#ifndef CK_BYTES_H
#define CK_BYTES_H

// Products and convolutions of bytes less their zero points, summed in int32, for any CPU.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ck_dense.h"

#ifdef __cplusplus
extern "C" {
#endif

// Which numbers bytes stand for: (byte - zero) * scale. A scale of 0 says that there are none.
typedef struct ck_byte_scale {
  float scale;
  int32_t zero;
  bool is_signed;
} ck_byte_scale;

// What happens to sums before they are stored: v = sum * scales + inner_bias, rounded to bytes and back, + bias, + residual
// unless it is last, activation, + residual if it is last, * factor; stored as float or as bytes. All arithmetic is float32; a
// quotient is rounded half to even, and NaN becomes the byte 0.
typedef struct ck_byte_epilogue {
  ck_byte_scale rounding;
  // Of the bytes of the residual; a scale of 0 for a float residual.
  ck_byte_scale residual;
  ck_byte_scale result;
  ck_activation activation;
  bool residual_is_last;
  // What v is multiplied with in the end.
  float factor;
  // Nothing happens: the result is the sums in int32.
  bool stores_sums;
} ck_byte_epilogue;

// Per column, each [n] or NULL; the scales only where the sums are stored.
typedef struct ck_byte_columns {
  const float *scales, *inner_bias, *bias;
} ck_byte_columns;

typedef struct ck_byte_matmul {
  // Products of [m, k] and [k, n], or [n, k] where b is transposed.
  size_t batch, m, n, k;
  bool transpose_b;
  bool a_is_signed, b_is_signed;
  int32_t a_zero, b_zero;
  ck_byte_epilogue epilogue;
  size_t threads;
} ck_byte_matmul;

// int16 elements of `count` right matrices less their zero points, in the order that run reads.
size_t ck_byte_matmul_packed(const ck_byte_matmul *spec, size_t count);
void ck_byte_matmul_pack(const ck_byte_matmul *spec, size_t count, const void *b, int16_t *packed);
// Bytes of workspace that run needs.
size_t ck_byte_matmul_workspace(const ck_byte_matmul *spec);
// Product i reads the matrix a_offset[i] of a and b_offset[i] of the packed ones, in elements. y and residual are dense
// [batch, m, n]; y may be the residual where both have one type.
void ck_byte_matmul_run(
    const ck_byte_matmul *spec, const void *a, const size_t *a_offset, const int16_t *packed, const size_t *b_offset,
    const ck_byte_columns *columns, const void *residual, void *y, void *workspace);

// Channels last: x is [batch, in..., channels], y and the residual [batch, out..., out_channels]; absent axes have size 1.
typedef struct ck_byte_conv {
  size_t batch, channels, out_channels, groups;
  size_t in[3], kernel[3], out[3], strides[3], dilations[3], before[3];
  bool x_is_signed, w_is_signed;
  int32_t x_zero, w_zero;
  ck_byte_epilogue epilogue;
  size_t threads;
} ck_byte_conv;

// int16 elements of the weights [out_channels, channels / groups, kernel...].
size_t ck_byte_conv_packed(const ck_byte_conv *spec);
void ck_byte_conv_pack(const ck_byte_conv *spec, const void *w, int16_t *packed);
size_t ck_byte_conv_workspace(const ck_byte_conv *spec);
void ck_byte_conv_run(
    const ck_byte_conv *spec, const void *x, const int16_t *packed, const ck_byte_columns *columns, const void *residual,
    void *y, void *workspace);

// y = x rounded to bytes and back, element by element; y may be x.
void ck_byte_round(size_t count, const float *x, const ck_byte_scale *bytes, float *y);

#ifdef __cplusplus
}
#endif

#endif
