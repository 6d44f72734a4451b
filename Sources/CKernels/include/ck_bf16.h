#ifndef CK_BF16_H
#define CK_BF16_H

// Matrix products of bfloat16 operands with float32 sums, for CPUs with AVX512-BF16.
//
// The weights are rearranged once, into panels of 32 columns in which two neighbouring depths of a column lie together, as
// the instruction wants them. The other operand is rounded to bfloat16 (to nearest, ties to even) on its way into the
// cache, where it is not bfloat16 already.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ck_dense.h"
#include "ck_status.h"

#ifdef __cplusplus
extern "C" {
#endif

// Whether this CPU has the instructions.
bool ck_bf16_available(void);

// Elements of the panels of a [k, n] matrix.
size_t ck_bf16_packed_count(size_t n, size_t k);
// w is [k, n] of float32, or [n, k] when it is transposed, and need not be aligned; every weight is multiplied by alpha.
void ck_bf16_pack(const void *w, bool transposed, float alpha, size_t n, size_t k, uint16_t *packed);

typedef struct ck_bf16_matmul {
  size_t m, n, k;
  // Element types of a, and of y and the residual: bfloat16, else float32.
  bool a_is_bf16, y_is_bf16, residual_is_bf16;
  ck_activation activation;
  // Threads of the team that will run it.
  size_t threads;
} ck_bf16_matmul;

// Bytes of workspace that run needs.
size_t ck_bf16_matmul_workspace(const ck_bf16_matmul *spec);
// y[m, n] = activation(a[m, k] b[k, n] + bias) + residual; bias [n] is float32; bias and residual [m, n] may be NULL, and
// residual may be y where both have one type.
void ck_bf16_matmul_run(
    const ck_bf16_matmul *spec, const void *a, const uint16_t *packed, const float *bias, const void *residual, void *y,
    void *workspace);

// Conversions of `count` elements; to nearest, ties to even, NaN stays NaN.
void ck_bf16_from_float(const float *x, uint16_t *y, size_t count);
void ck_bf16_to_float(const uint16_t *x, float *y, size_t count);

#ifdef __cplusplus
}
#endif

#endif
