#include "ck_gemm.h"

#include "ck_rows_simd.h"

// Panels of b are 16 columns wide. Rows of a's copy lie A_STRIDE floats apart: the distance is known to the compiler, and
// is not a power of two, which would map all rows of a tile to the same lines of the first-level cache.
enum { PANEL = 16, A_STRIDE = CK_GEMM_DEPTH + 16, LARGEST_TILE = 8, LOOKAHEAD = 8 };

typedef float v8 __attribute__((vector_size(32)));
typedef float v8u __attribute__((vector_size(32), aligned(4), may_alias));

size_t ck_gemm_workspace(void) {
  size_t rows = CK_GEMM_ROWS + LARGEST_TILE;
  return rows * A_STRIDE + CK_GEMM_DEPTH * CK_GEMM_COLUMNS + LARGEST_TILE * 2 * PANEL;
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// a's block for the depths from `first`: rows A_STRIDE apart, or, when a is transposed, depths CK_GEMM_ROWS +
// LARGEST_TILE apart. Zeros follow the last row up to a whole tile.
CK_INLINE void copy_a(const ck_gemm_block *g, size_t first, size_t depth, float *to) {
  size_t whole = g->rows + LARGEST_TILE;
  if (g->transpose_a) {
    const float *from = g->a + first * g->a_stride;
    for (size_t k = 0; k < depth; k++, from += g->a_stride, to += CK_GEMM_ROWS + LARGEST_TILE) {
      for (size_t i = 0; i < g->rows; i++) to[i] = g->alpha * from[i];
      for (size_t i = g->rows; i < whole; i++) to[i] = 0;
    }
    return;
  }
  for (size_t i = 0; i < whole; i++, to += A_STRIDE) {
    if (i >= g->rows) {
      memset(to, 0, depth * sizeof *to);
      continue;
    }
    const float *from = g->a + i * g->a_stride + first;
    for (size_t k = 0; k < depth; k++) to[k] = g->alpha * from[k];
  }
}

// An 8 x 8 transposition: to[k * PANEL + j] = from[j * stride + k].
CK_INLINE void transpose8(const float *from, size_t stride, float *to) {
  v8 a[8], b[8];
#pragma clang loop unroll(full)
  for (int j = 0; j < 8; j++) a[j] = *(const v8u *)(from + (size_t)j * stride);
#pragma clang loop unroll(full)
  for (int j = 0; j < 8; j += 2) {
    b[j] = __builtin_shufflevector(a[j], a[j + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    b[j + 1] = __builtin_shufflevector(a[j], a[j + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
#pragma clang loop unroll(full)
  for (int j = 0; j < 8; j += 4) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 2; i++) {
      a[j + i] = __builtin_shufflevector(b[j + i], b[j + i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      a[j + i + 2] = __builtin_shufflevector(b[j + i], b[j + i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
#pragma clang loop unroll(full)
  for (int k = 0; k < 4; k++) {
    *(v8u *)(to + (size_t)k * PANEL) = __builtin_shufflevector(a[k], a[k + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    *(v8u *)(to + (size_t)(k + 4) * PANEL) = __builtin_shufflevector(a[k], a[k + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

// One panel of the transposed b: `columns` of its rows, zeros beyond.
CK_INLINE void pack_rows_of_b(const float *from, size_t stride, size_t depth, size_t columns, float *to) {
  size_t k = 0;
  if (columns == PANEL)
    for (; k + 8 <= depth; k += 8) {
      for (size_t j = 0; j < PANEL; j++) __builtin_prefetch(from + j * stride + k + 64);
      transpose8(from + k, stride, to + k * PANEL);
      transpose8(from + 8 * stride + k, stride, to + k * PANEL + 8);
    }
  for (; k < depth; k++)
    for (size_t j = 0; j < PANEL; j++) to[k * PANEL + j] = j < columns ? from[j * stride + k] : 0;
}

// b's block for the depths from `first` in panels [columns / 16, depth, 16], zeros beyond the last column.
CK_INLINE void pack_b(const ck_gemm_block *g, size_t first, size_t depth, float *to) {
  if (g->transpose_b) {
    for (size_t j = 0; j < g->columns; j += PANEL)
      pack_rows_of_b(
          g->b + j * g->b_stride + first, g->b_stride, depth, smaller(PANEL, g->columns - j), to + j * depth);
    return;
  }
  const float *from = g->b + first * g->b_stride;
  size_t whole = g->columns / PANEL * PANEL;
  for (size_t k = 0; k < depth; k++, from += g->b_stride) {
    const float *ahead = from + LOOKAHEAD * g->b_stride;
    for (size_t j = 0; j < whole; j += PANEL) {
      if (k + LOOKAHEAD < depth) __builtin_prefetch(ahead + j);
      STORE16(to + j * depth + k * PANEL, LOAD16(from + j));
    }
    if (whole == g->columns) continue;
    v16 last;
    tail16(&last, from + whole, g->columns - whole, 0);
    STORE16(to + whole * depth + k * PANEL, last);
  }
}

// A tile of `tile` rows and `wide` panels. `tile`, `wide` and `transposed` are constants where this is inlined.
CK_INLINE void micro(
    const int tile, const int wide, const int transposed, size_t depth, const float *a, const float *b, float *c, size_t c_stride,
    int accumulate) {
  v16 sum[LARGEST_TILE][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < tile; r++)
#pragma clang loop unroll(full)
    for (int w = 0; w < wide; w++) sum[r][w] = SPLAT16(0);
  const float *next = b + depth * PANEL;
  for (size_t k = 0; k < depth; k++) {
    v16 left = LOAD16(b), right = wide > 1 ? LOAD16(next) : left;
#pragma clang loop unroll(full)
    for (int r = 0; r < tile; r++) {
      float x = transposed ? a[r] : a[(size_t)r * A_STRIDE];
      sum[r][0] += left * x;
      if (wide > 1) sum[r][1] += right * x;
    }
    a += transposed ? CK_GEMM_ROWS + LARGEST_TILE : 1;
    b += PANEL;
    next += PANEL;
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < tile; r++) {
#pragma clang loop unroll(full)
    for (int w = 0; w < wide; w++) {
      float *to = c + (size_t)r * c_stride + w * PANEL;
      STORE16(to, accumulate ? LOAD16(to) + sum[r][w] : sum[r][w]);
    }
  }
}

// A tile of which only some rows or columns exist: computed whole beside the result, then copied.
CK_INLINE void edge(
    const int tile, const int wide, const int transposed, size_t depth, const float *a, const float *b, float *c, size_t c_stride,
    size_t rows, size_t columns, int accumulate, float *beside) {
  micro(tile, wide, transposed, depth, a, b, beside, PANEL * 2, 0);
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++)
      c[i * c_stride + j] = accumulate ? c[i * c_stride + j] + beside[i * PANEL * 2 + j] : beside[i * PANEL * 2 + j];
}

// `wide` panels of the result: whole tiles, and the smallest tile that holds what is left.
CK_INLINE void panels(
    const int tile, const int wide, const int transposed, const ck_gemm_block *g, size_t depth, const float *a, const float *b,
    float *c, size_t columns, int accumulate, float *beside) {
  const size_t a_step = transposed ? 1 : A_STRIDE;
  size_t i = 0;
  for (; i + (size_t)tile <= g->rows; i += (size_t)tile) {
    if (columns == (size_t)wide * PANEL)
      micro(tile, wide, transposed, depth, a + i * a_step, b, c + i * g->c_stride, g->c_stride, accumulate);
    else
      edge(
          tile, wide, transposed, depth, a + i * a_step, b, c + i * g->c_stride, g->c_stride, (size_t)tile, columns, accumulate,
          beside);
  }
  size_t rest = g->rows - i;
  if (rest == 0) return;
  a += i * a_step;
  c += i * g->c_stride;
  if (rest == 1)
    edge(1, wide, transposed, depth, a, b, c, g->c_stride, rest, columns, accumulate, beside);
  else if (rest <= 3)
    edge(3, wide, transposed, depth, a, b, c, g->c_stride, rest, columns, accumulate, beside);
  else if (rest <= 6)
    edge(6, wide, transposed, depth, a, b, c, g->c_stride, rest, columns, accumulate, beside);
  else
    edge(LARGEST_TILE, wide, transposed, depth, a, b, c, g->c_stride, rest, columns, accumulate, beside);
}

CK_INLINE void gemm(const int tile, const int wide, const int transposed, const ck_gemm_block *g, float *workspace, bool copied) {
  float *a = workspace, *b = a + (CK_GEMM_ROWS + LARGEST_TILE) * A_STRIDE, *beside = b + CK_GEMM_DEPTH * CK_GEMM_COLUMNS;
  size_t blocks = (g->depth + CK_GEMM_DEPTH - 1) / CK_GEMM_DEPTH, first = 0;
  for (size_t block = 0; block < blocks; block++) {
    size_t depth = (g->depth - first + blocks - block - 1) / (blocks - block);
    int accumulate = g->accumulate || block > 0;
    if (!copied) copy_a(g, first, depth, a);
    pack_b(g, first, depth, b);
    for (size_t j = 0; j < g->columns;) {
      size_t left = g->columns - j;
      if (wide > 1 && left > PANEL) {
        panels(tile, 2, transposed, g, depth, a, b + j * depth, g->c + j, smaller(left, 2 * PANEL), accumulate, beside);
        j += 2 * PANEL;
      } else {
        panels(tile, 1, transposed, g, depth, a, b + j * depth, g->c + j, smaller(left, PANEL), accumulate, beside);
        j += PANEL;
      }
    }
    first += depth;
  }
}

#define BODY(tile, wide)                           \
  if (block->transpose_a) {                        \
    gemm(tile, wide, 1, block, workspace, copied); \
  } else {                                         \
    gemm(tile, wide, 0, block, workspace, copied); \
  }

__attribute__((target("arch=x86-64-v4"), min_vector_width(512))) static void gemm_v4(
    const ck_gemm_block *block, float *workspace, bool copied) {
  BODY(8, 2)
}

__attribute__((target("arch=x86-64-v3"))) static void gemm_v3(const ck_gemm_block *block, float *workspace, bool copied) {
  BODY(6, 1)
}

static void gemm_baseline(const ck_gemm_block *block, float *workspace, bool copied) { BODY(3, 1) }

void ck_gemm(const ck_gemm_block *block, float *workspace, bool copied) { CK_BEST(gemm)(block, workspace, copied); }
