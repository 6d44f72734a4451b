#ifndef CK_ROWS_H
#define CK_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ck_status.h"

#ifdef __cplusplus
extern "C" {
#endif

// y = softmax(x), or its logarithm, along the middle axis of [outer, count, inner]. y may be x.
ck_status ck_softmax(const float *x, float *y, size_t outer, size_t count, size_t inner);
ck_status ck_log_softmax(const float *x, float *y, size_t outer, size_t count, size_t inner);

// y = (x - mean) / sqrt(variance + epsilon) * scale + bias for each of `rows` rows of `count`; bias may be null, y may be x.
// Each row's mean and 1 / sqrt(variance + epsilon) go to `means` and `inverses` unless they are null.
ck_status ck_layer_norm(
    const float *x, const float *scale, const float *bias, float *y, float *means, float *inverses, size_t rows, size_t count,
    float epsilon);

// The same, without the outputs beside y, where x or y or both are bfloat16; arithmetic is float32. y may be x where both are.
void ck_layer_norm_bf16(
    const void *x, bool x_is_bf16, const float *scale, const float *bias, void *y, bool y_is_bf16, size_t rows, size_t count,
    float epsilon);

// y = x / sqrt(mean of squares + epsilon) * scale for each of `rows` rows of `count`. y may be x.
void ck_rms_norm(const float *x, const float *scale, float *y, size_t rows, size_t count, float epsilon);

// x [batch, groups, group_channels, area]; a scale and a bias for every `parameter_channels` channels. No size is 0.
typedef struct ck_group_norm_spec {
  size_t batch, groups, group_channels, area, parameter_channels;
  float epsilon;
} ck_group_norm_spec;

// y = (x - mean) / sqrt(variance + epsilon) * scale + bias for each group of each image. y may be x.
void ck_group_norm(const ck_group_norm_spec *spec, const float *x, const float *scale, const float *bias, float *y);

// y = x / max(norm, epsilon) along the middle axis of [outer, count, inner]; the norm is the sum of magnitudes (p = 1) or the
// root of the sum of squares (p = 2). y may be x.
void ck_lp_normalization(
    const float *x, float *y, size_t outer, size_t count, size_t inner, int p, float epsilon);

// d[i, j] = the sum of (x[i, k] - y[j, k])^2 over k, for x [n, size] and y [m, size].
void ck_squared_distances(const float *x, const float *y, float *d, size_t n, size_t m, size_t size);

// Sizes and element strides of scaled dot-product attention. Elements of a row are neighbours; `*_strides` are those of
// batch, head and row. The additive mask may be null; its strides along batch, head, query and key may be 0, the last one
// is 0 or 1.
typedef struct ck_attention {
  size_t batch, heads, queries, keys;
  // Elements of a query and key row, and of a value and result row.
  size_t size, value_size;
  float scale;
  size_t q_strides[3], k_strides[3], v_strides[3], y_strides[3];
  size_t mask_strides[4];
  // Keys are the places of a grid of so many rows and columns, row by row, and each query adds a number per row and one per
  // column of the grid to its scores (decomposed relative positions); 0 for none.
  size_t grid_rows, grid_columns;
  // q, k, v and y are bfloat16, products round their operands to it; sums and softmax are float32.
  bool is_bf16;
} ck_attention;

// What attention reads and writes; element types as the shape says.
typedef struct ck_attention_operands {
  const void *q, *k, *v;
  // Additive, float32; may be null.
  const float *mask;
  // [batch, heads, queries, grid_rows] and [batch, heads, queries, grid_columns], float32, where the shape has a grid.
  const float *row_bias, *column_bias;
  void *y;
} ck_attention_operands;

// Bytes of workspace, aligned to 64, for work cut into `lanes` parts that may run at the same time.
size_t ck_attention_workspace(const ck_attention *shape, size_t lanes);

// y = softmax(scale q k^T + biases) v, a block of keys at a time: no row of scores is ever whole (Milakov and Gimelshein,
// "Online normalizer calculation for softmax", 2018; Dao et al., "FlashAttention", 2022). A query whose scores are all minus
// infinity gives NaN. The result does not depend on how many threads run the lanes.
ck_status ck_attention_forward(const ck_attention *shape, const ck_attention_operands *operands, void *workspace, size_t lanes);

#ifdef __cplusplus
}
#endif

#endif
