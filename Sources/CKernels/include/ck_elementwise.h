#ifndef CK_ELEMENTWISE_H
#define CK_ELEMENTWISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ck_status.h"

#ifdef __cplusplus
extern "C" {
#endif

// Elementwise functions, reductions and data movement. Strides count elements. Nothing here fails or allocates. An
// output may be the very buffer of an input that has its shape and element size; any other overlap is an error.

enum { CK_MAX_RANK = 8 };

// ---- y[i] = f(x[i]) over `count` elements of float32, or of bfloat16 computed in float32; `a` and `b` are the function's
// attributes.
typedef void ck_unary_function(size_t count, const void *x, void *y, float a, float b, bool is_bf16);
ck_unary_function ck_neg, ck_abs, ck_sign, ck_sqrt, ck_exp, ck_log, ck_erf, ck_reciprocal, ck_floor, ck_ceil, ck_round;
ck_unary_function ck_relu, ck_sigmoid, ck_tanh, ck_silu, ck_gelu, ck_gelu_tanh, ck_softplus;
ck_unary_function ck_mish, ck_hard_swish;
ck_unary_function ck_elu, ck_swish;   // a = alpha
ck_unary_function ck_leaky_relu;    // a = alpha
ck_unary_function ck_hard_sigmoid;  // a = alpha, b = beta
ck_unary_function ck_clip;          // a = lower bound, b = upper bound

// ---- dx[i] = dy[i] * f'; `z` is the forward input or output, as named.
typedef void ck_activation_gradient(size_t count, const float *z, const float *dy, float *dx);
ck_activation_gradient ck_relu_gradient, ck_sigmoid_gradient, ck_tanh_gradient;       // z = output
ck_activation_gradient ck_silu_gradient, ck_gelu_gradient, ck_gelu_tanh_gradient;     // z = input

// ---- Broadcasting: a dense output of `count` and where its inputs lie.
typedef struct ck_broadcast {
  size_t rank;
  size_t count[8];
  ptrdiff_t stride[3][8];
  // The elements of a, b and y in arithmetic are bfloat16, computed in float32; else float32.
  bool is_bf16;
} ck_broadcast;

typedef void ck_binary_function(const ck_broadcast *plan, const void *a, const void *b, void *y);
ck_binary_function ck_add, ck_sub, ck_mul, ck_div, ck_maximum, ck_minimum;
ck_binary_function ck_pow;    // float32 only
ck_binary_function ck_prelu;  // b = slope

typedef void ck_compare_function(const ck_broadcast *plan, const float *a, const float *b, uint8_t *y);
ck_compare_function ck_equal, ck_greater, ck_less, ck_greater_or_equal, ck_less_or_equal;

// y = condition ? a : b for elements of 4 bytes; the condition's strides are stride[0].
void ck_where(const ck_broadcast *plan, const uint8_t *condition, const uint32_t *a, const uint32_t *b, uint32_t *y);

// ---- Conversions; half and bfloat are bits. Floats become integers towards zero, held in their range; NaN becomes 0.
typedef void ck_conversion(size_t count, const void *x, void *y);
ck_conversion ck_bool_to_float, ck_half_to_float, ck_bfloat_to_float, ck_double_to_float, ck_long_to_float;
ck_conversion ck_int_to_float, ck_byte_to_float, ck_small_to_float;
ck_conversion ck_float_to_bool, ck_float_to_half, ck_float_to_bfloat, ck_float_to_double, ck_float_to_long;
ck_conversion ck_float_to_int, ck_float_to_byte, ck_float_to_small;
ck_conversion ck_long_to_int, ck_int_to_long, ck_byte_to_long, ck_byte_to_int;

// ---- Quantisation with one scale. y = x / scale, rounded to even, + zero, held in low...high, which an 8-bit integer holds.
void ck_quantize(size_t count, const float *x, float scale, float zero, float low, float high, uint8_t *y);
// The smallest and the largest of the elements and 0; NaN is passed over. The workspace holds that many floats.
size_t ck_extent_workspace(size_t count);
void ck_extent(size_t count, const float *x, float *workspace, float *low, float *high);
// y = (x - zero) * scale for bytes x.
typedef void ck_dequantization(size_t count, const void *x, float scale, float zero, float *y);
ck_dequantization ck_dequantize_unsigned, ck_dequantize_signed;

// ---- Movement: copies count[0] x count[1] x ... elements of `element` bytes (1, 2, 4 or 8) between two layouts.
typedef struct ck_layout_copy {
  size_t rank;
  size_t element;
  size_t count[8];
  ptrdiff_t source[8];
  ptrdiff_t destination[8];
} ck_layout_copy;

void ck_copy(const ck_layout_copy *plan, const void *source, void *destination);

// Fills `count` elements of `element` bytes with the element at `value`.
void ck_fill(size_t count, size_t element, const void *value, void *destination);

// Copies rows: destination [outer, indexCount, rowBytes] from source [outer, axis, rowBytes]. Every index is in 0..<axis.
void ck_gather(size_t outer, size_t axis, size_t row_bytes, size_t index_count, const int64_t *indices, const void *source,
               void *destination);
// Adds rows of dy [outer, indexCount, inner] to dx [outer, axis, inner], in the order of the indices. dx is zeroed first.
void ck_scatter_add(size_t outer, size_t axis, size_t inner, size_t index_count, const int64_t *indices, const float *dy,
                    float *dx);

// ---- Reductions of a dense input: kept axes and reduced axes, each outermost first with strides into the input.
typedef struct ck_reduction {
  size_t kept_rank, reduced_rank;
  size_t kept[8], reduced[8];
  ptrdiff_t kept_stride[8], reduced_stride[8];
  // The reduced elements are cut into this many parts, whose results lie in the workspace: the same for any thread count.
  size_t parts;
} ck_reduction;

// The output is dense over the kept axes. The workspace holds parts * kept elements, and is not used for one part.
typedef void ck_reduce_function(const ck_reduction *plan, const float *x, float *y, float *workspace);
ck_reduce_function ck_reduce_sum, ck_reduce_mean, ck_reduce_max, ck_reduce_min, ck_reduce_l2;

// ---- Dropout. An element is kept when its Philox4x32-10 word is at least `threshold` (= ratio * 2^32).
typedef struct ck_dropout {
  uint64_t seed;
  uint32_t step, stream;
  uint32_t threshold;
  float scale;
} ck_dropout;

void ck_dropout_forward(const ck_dropout *dropout, size_t count, const float *x, float *y, uint8_t *mask);
// dx = dy * scale where the mask holds.
void ck_dropout_backward(size_t count, const float *dy, const uint8_t *mask, float scale, float *dx);

#ifdef __cplusplus
}
#endif

#endif
