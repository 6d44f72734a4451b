#ifndef CK_DEPTHWISE_VECTOR_H
#define CK_DEPTHWISE_VECTOR_H

// Sixteen channels in a register: what depthwise convolutions share.

#include "include/ck_depthwise.h"

// Channels of a vector.
enum { LANES = 16 };

static inline size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static inline size_t ceiling(size_t a, size_t b) { return (a + b - 1) / b; }

static inline size_t padded(size_t channels) { return ceiling(channels, LANES) * LANES; }

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#define INLINE TARGET static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

#include "ck_bf16_lanes.h"
#include "ck_panels_math.h"

// Activates `count` vectors that follow each other.
TARGET static inline __attribute__((noinline)) void activate(__m512 *values, size_t count, ck_activation activation) {
#define EACH(name)                                                                  \
  case name:                                                                        \
    for (size_t i = 0; i < count; i++) values[i] = activated(values[i], name);      \
    break;
  switch (activation) {
    EACH(CK_ACTIVATION_NONE)
    EACH(CK_ACTIVATION_RELU)
    EACH(CK_ACTIVATION_GELU)
    EACH(CK_ACTIVATION_GELU_TANH)
    EACH(CK_ACTIVATION_SILU)
    EACH(CK_ACTIVATION_SIGMOID)
  }
#undef EACH
}

#endif

#endif
