#ifndef CK_GEMM_H
#define CK_GEMM_H

#include <stdbool.h>
#include <stddef.h>

// One thread's matrix product on operands as they lie in memory, in blocks that fit the caches.
//
// The blocking is that of Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008): a block of b
// is rearranged into panels for the second-level cache, a block of a is copied beside it, and a tile of the result stays
// in registers over the depth of a block. Nothing is rearranged ahead of time, so that mapped weights stay as they are.

// Rows, columns and depth of the largest block.
enum { CK_GEMM_ROWS = 240, CK_GEMM_COLUMNS = 256, CK_GEMM_DEPTH = 256 };

// Floats of workspace that one thread needs.
size_t ck_gemm_workspace(void);

// c[rows, columns] = (or +=, when `accumulate`) alpha a b over `depth`, for at most CK_GEMM_ROWS rows and CK_GEMM_COLUMNS
// columns. a[i, k] lies at a[i * a_stride + k], or at a[k * a_stride + i] when it is transposed; b[k, j] at
// b[k * b_stride + j], or at b[j * b_stride + k].
typedef struct {
  size_t rows, columns, depth;
  float alpha;
  bool transpose_a, transpose_b, accumulate;
  const float *a, *b;
  size_t a_stride, b_stride;
  float *c;
  size_t c_stride;
} ck_gemm_block;

// `copied` tells that the workspace still holds this block's a, from the call before; for depth up to CK_GEMM_DEPTH.
void ck_gemm(const ck_gemm_block *block, float *workspace, bool copied);

#endif
