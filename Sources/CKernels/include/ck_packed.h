#ifndef CK_PACKED_H
#define CK_PACKED_H

// Matrix products of float32 rows with a constant matrix that was rearranged once, for CPUs with AVX-512.

#include <stdbool.h>
#include <stddef.h>

#include "ck_dense.h"

#ifdef __cplusplus
extern "C" {
#endif

// Whether this CPU has the instructions.
bool ck_packed_available(void);

// Floats of the panels of a [k, n] matrix.
size_t ck_packed_count(size_t n, size_t k);
// w is [k, n], or [n, k] when it is transposed, and need not be aligned; every weight is multiplied by alpha.
void ck_packed_pack(const void *w, bool transposed, float alpha, size_t n, size_t k, float *packed);

typedef struct ck_packed_matmul {
  size_t m, n, k;
  ck_activation activation;
  // Threads of the team that will run it.
  size_t threads;
} ck_packed_matmul;

// Bytes of workspace that run needs.
size_t ck_packed_workspace(const ck_packed_matmul *spec);
// y[m, n] = activation(a[m, k] b[k, n] + bias) + residual; bias [n] and residual [m, n] may be NULL. Without an activation
// residual may be y.
void ck_packed_run(
    const ck_packed_matmul *spec, const float *a, const float *packed, const float *bias, const float *residual, float *y,
    void *workspace);

#ifdef __cplusplus
}
#endif

#endif
