#ifndef CK_PANELS_H
#define CK_PANELS_H

// Products of rows with a constant matrix that was rearranged once, and convolutions as such products, for CPUs with
// AVX-512: in float32, in bfloat16 with float32 sums (AVX512-BF16), in 8-bit integers with int32 sums (AVX512-VNNI).
//
// The matrix lies in panels of 32 columns (16 where no more are left). A panel holds groups of 32 bits: one float32, two
// neighbouring depths of bfloat16 or four of int8, a column's group beside the next column's, as the instructions want it.
// Rows are copied into the cache block by block, converted on the way; the rows of a convolution are the patches under its
// kernel, which exist nowhere else.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ck_dense.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ck_precision { CK_FLOAT32 = 0, CK_BFLOAT16 = 1, CK_INTEGER8 = 2 } ck_precision;

typedef enum ck_element {
  CK_ELEMENT_FLOAT32 = 0,
  CK_ELEMENT_BFLOAT16 = 1,
  CK_ELEMENT_UINT8 = 2,
  CK_ELEMENT_INT8 = 3,
} ck_element;

// Whether this CPU has the instructions.
bool ck_panels_available(ck_precision precision);

// The matrix: element (k, n) with k = tap * channels + channel lies at n * column_stride + tap * tap_stride +
// channel * channel_stride of `w`, which holds float32, or int8 when the precision is that, and need not be aligned.
typedef struct ck_panels_matrix {
  const void *w;
  size_t columns, taps, channels, column_stride, tap_stride, channel_stride;
  // Every weight is multiplied by it; 1 for integers.
  float alpha;
  // Integers only: the bytes are uint8, and 128 is taken from each.
  bool is_unsigned;
} ck_panels_matrix;

size_t ck_panels_bytes(ck_precision precision, size_t n, size_t k);
void ck_panels_pack(ck_precision precision, const ck_panels_matrix *matrix, void *packed);

// A real number r as an integer: r = scale * (integer - zero).
typedef struct ck_scale {
  float scale;
  int32_t zero;
} ck_scale;

// What is multiplied and what follows; m rows, n columns, k depths.
typedef struct ck_panels_spec {
  ck_precision precision;
  size_t m, n, k;
  // The rows of a: float32; with bfloat16 also that; with int8 uint8 or int8.
  ck_element a, y, residual;
  // Threads of the team that will run it.
  size_t threads;
  // Rows are patches of x [batch, in..., channels]; fields of `patches` that are read: batch, in_channels, in, out, kernel,
  // strides, dilations, before.
  bool has_patches;
  ck_conv_spec patches;
  // Rows of a that share a row of the gate, 0 without a gate. Not for integers and patches.
  size_t gate_rows;
  // y = activation(product + bias + residual), else activation(product + bias) + residual.
  bool adds_first;
  ck_activation activation;
  // Integers only: scales and biases hold no NaN and no infinity.
  bool finite;
  // Integers only: the zeros of a and of the packed matrix (128 less where its bytes are unsigned); what sums are rounded
  // through before the bias is added (where `rounds`; `rounded` is its type, uint8 or int8); what an integer residual and an
  // integer y stand for.
  int32_t a_zero, w_zero;
  bool rounds;
  ck_element rounded;
  ck_scale rounding, residual_scale, y_scale;
} ck_panels_spec;

// The operands; those that are absent are NULL. scales [n] (integers: a's scale times the column's), inner_bias [n]
// (integers: before the rounding) and bias [n] are float32, residual is [m, n]. It may be y where both have one type. gate
// [m / gate_rows, k] of float32 is multiplied with the rows of a as they are copied.
typedef struct ck_panels_operands {
  const void *a, *packed, *residual;
  const float *scales, *inner_bias, *bias, *gate;
  void *y, *workspace;
} ck_panels_operands;

// Bytes of workspace that run needs.
size_t ck_panels_workspace(const ck_panels_spec *spec);
void ck_panels_run(const ck_panels_spec *spec, const ck_panels_operands *operands);

// Products of many pairs of matrices, both known only now; `packed` of the operands is not read. Pair i lies a_offsets[i] and
// w_offsets[i] bytes behind a and matrix->w, its result and residual behind those of pair i - 1.
size_t ck_panels_pairs_workspace(const ck_panels_spec *spec);
void ck_panels_run_pairs(
    const ck_panels_spec *spec, const ck_panels_operands *operands, const ck_panels_matrix *matrix, size_t count,
    const size_t *a_offsets, const size_t *w_offsets);

#ifdef __cplusplus
}
#endif

#endif
