#ifndef CK_DENSE_H
#define CK_DENSE_H

// Matrix products, convolutions, pooling and batch normalization. Handles are made once per problem; one handle runs on
// one thread at a time, and its run functions do not allocate on this side of oneDNN.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ck_status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ck_activation {
  CK_ACTIVATION_NONE = 0,
  CK_ACTIVATION_RELU = 1,
  CK_ACTIVATION_GELU = 2,
  CK_ACTIVATION_GELU_TANH = 3,
  CK_ACTIVATION_SILU = 4,
  CK_ACTIVATION_SIGMOID = 5,
} ck_activation;

// A batch of row-major products of m x k by k x n matrices; a transposed operand lies in memory as k x m or n x k.
typedef struct ck_matmul_spec {
  size_t m, n, k;
  bool transpose_a, transpose_b;
  float alpha;
  // The products are added to what y holds.
  bool accumulate;
  ck_activation activation;
  // Threads of the team that will run it.
  size_t threads;
  // Number of products and where each one's operands begin, in floats; the arrays are copied.
  size_t batch;
  const size_t *a_offsets, *b_offsets;
} ck_matmul_spec;

typedef struct ck_matmul ck_matmul;

ck_status ck_matmul_create(const ck_matmul_spec *spec, ck_matmul **handle);
void ck_matmul_destroy(ck_matmul *handle);
// Bytes of workspace that run needs.
size_t ck_matmul_workspace(const ck_matmul *handle);
// y = activation(alpha a b + bias) + residual; bias [n] and residual [batch, m, n] may be NULL. Without an activation
// residual may be y.
void ck_matmul_run(
    const ck_matmul *handle, const float *a, const float *b, const float *bias, const float *residual, float *y,
    void *workspace);

// y[i, j] = factor * c[i * row_stride + j * column_stride].
void ck_dense_fill(
    float *y, const float *c, size_t rows, size_t columns, size_t row_stride, size_t column_stride, float factor);

// A convolution; sizes of absent leading spatial axes are 1 (kernel, strides, dilations) or 0 (pads).
typedef struct ck_conv_spec {
  int spatial_rank;
  int64_t batch, in_channels, out_channels, groups;
  int64_t in[3], kernel[3], out[3], strides[3], dilations[3], before[3], after[3];
  // Activations are [N, spatial..., C], else [N, C, spatial...]. Weights are [O, C / groups, kernel...] in both.
  bool channels_last;
  bool has_bias;
  // y = activation(conv + bias + residual): the caller has put the residual into y.
  bool adds_to_output;
  ck_activation activation;
  // Activations are copied into the library's favourite arrangement and back.
  bool blocked;
} ck_conv_spec;

typedef enum ck_conv_kind { CK_CONV_FORWARD = 0, CK_CONV_INPUT_GRADIENT = 1, CK_CONV_WEIGHT_GRADIENT = 2 } ck_conv_kind;

typedef struct ck_conv ck_conv;

ck_status ck_conv_create(ck_conv_kind kind, const ck_conv_spec *spec, ck_conv **handle);
void ck_conv_destroy(ck_conv *handle);
// The name of the library's implementation; valid while the handle lives.
const char *ck_conv_implementation(const ck_conv *handle);
size_t ck_conv_workspace(const ck_conv *handle);
// Bytes of the weights as the library wants them, 0 when it takes them as they are.
size_t ck_conv_packed_size(const ck_conv *handle);
// A text that is equal for equal arrangements of the weights.
const char *ck_conv_arrangement(const ck_conv *handle);
ck_status ck_conv_pack(ck_conv *handle, const float *weights, float *packed);
// From now on the weights are `packed`, which outlives the handle, and the pointer given to run is ignored.
ck_status ck_conv_use_packed(ck_conv *handle, float *packed);
// Forward: x, w, bias -> y. Input gradient: `x` is written from w and y = dy. Weight gradient: `w` is written from x and dy.
ck_status ck_conv_run(ck_conv *handle, const float *x, const float *w, const float *bias, const float *y, void *workspace);

// Pooling over three spatial axes (absent ones have size 1).
typedef struct ck_pool_spec {
  size_t batch, channels;
  size_t in[3], out[3], kernel[3], strides[3], dilations[3], before[3], after[3];
  bool channels_last;
  bool count_include_pad;
} ck_pool_spec;

void ck_max_pool(const ck_pool_spec *spec, const float *x, float *y);
// The same of bytes, channels last.
void ck_max_pool_bytes(const ck_pool_spec *spec, bool is_signed, const void *x, void *y);
void ck_average_pool(const ck_pool_spec *spec, const float *x, float *y);
// dx of max pooling: dy goes to the first largest element of its window (the first NaN where there is one).
void ck_max_pool_gradient(const ck_pool_spec *spec, const float *x, const float *dy, float *dx);
void ck_average_pool_gradient(const ck_pool_spec *spec, const float *dy, float *dx);
// Means over `area` spatial positions. Channels last they need a workspace.
size_t ck_global_average_pool_workspace(size_t batch, size_t channels, size_t area);
void ck_global_average_pool(
    const float *x, float *y, size_t batch, size_t channels, size_t area, bool channels_last, void *workspace);

// The same for bfloat16, channels last, computed in float32.
void ck_max_pool_bf16(const ck_pool_spec *spec, const uint16_t *x, uint16_t *y);
void ck_average_pool_bf16(const ck_pool_spec *spec, const uint16_t *x, uint16_t *y);
void ck_global_average_pool_bf16(
    const uint16_t *x, uint16_t *y, size_t batch, size_t channels, size_t area, void *workspace);

// x of `batch` images with `area` positions of `channels` channels.
typedef struct ck_batchnorm_spec {
  size_t batch, channels, area;
  bool channels_last;
} ck_batchnorm_spec;

// Bytes of workspace that every function below needs.
size_t ck_batchnorm_workspace(const ck_batchnorm_spec *spec);
// y may be x.
void ck_batchnorm_inference(
    const ck_batchnorm_spec *spec, const float *x, const float *scale, const float *bias, const float *mean,
    const float *variance, float epsilon, float *y, void *workspace);
// The statistics of the batch, and the running ones moved towards them.
void ck_batchnorm_training(
    const ck_batchnorm_spec *spec, const float *x, const float *scale, const float *bias, const float *running_mean,
    const float *running_variance, float epsilon, float momentum, float *y, float *saved_mean, float *saved_inv_std,
    float *new_mean, float *new_variance, void *workspace);
// dx may be dy.
void ck_batchnorm_gradient(
    const ck_batchnorm_spec *spec, const float *x, const float *scale, const float *saved_mean,
    const float *saved_inv_std, const float *dy, float *dx, float *dscale, float *dbias, void *workspace);

#ifdef __cplusplus
}
#endif

#endif
