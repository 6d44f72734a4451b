#ifndef CK_DEPTHWISE_H
#define CK_DEPTHWISE_H

// Convolutions of each channel with its own kernel, channels last, for CPUs with AVX-512.

#include <stdbool.h>
#include <stddef.h>

#include "ck_dense.h"

#ifdef __cplusplus
extern "C" {
#endif

// x [batch, in..., channels] to y [batch, out..., channels] over three spatial axes (absent leading ones have size 1).
typedef struct ck_depthwise {
  size_t batch, channels;
  size_t in[3], out[3], kernel[3], strides[3], dilations[3], before[3];
  // Element types: bfloat16, else float32. Arithmetic is float32.
  bool x_is_bf16, y_is_bf16, residual_is_bf16;
  ck_activation activation;
} ck_depthwise;

// Whether this CPU has the instructions.
bool ck_depthwise_available(void);

// Whether it is one of 3 x 3 or 5 x 5 positions, one or two apart, for which there is quicker code.
bool ck_depthwise_has_strips(const ck_depthwise *spec);

// Floats of the packed weights of so many channels and taps (elements of a kernel).
size_t ck_depthwise_packed_count(size_t channels, size_t taps);
// w is [channels, taps] of float32 and need not be aligned; the weights are rounded to bfloat16 if asked for.
void ck_depthwise_pack(const void *w, size_t channels, size_t taps, bool rounded, float *packed);

// y = activation(conv(x, w) + bias + residual); bias is float32; bias and residual, of y's shape, may be NULL, and residual
// may be y where both have one type.
void ck_depthwise_run(
    const ck_depthwise *spec, const void *x, const float *packed, const float *bias, const void *residual, void *y);

#ifdef __cplusplus
}
#endif

#endif
