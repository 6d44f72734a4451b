#include <string.h>

#include "ck_bf16.h"
#include "ck_bf16_tile.h"
#include "ck_cpu.h"
#include "ck_dense_epilogue.h"
#include "ck_threads.h"

// Bytes that the rows of a block of a may take, so that they stay in the second-level cache beside a panel.
enum { PANEL = CK_BF16_PANEL, TILE = CK_BF16_TILE, BLOCK_BYTES = 320 << 10, MOST_ROWS = 96 };

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static size_t ceiling(size_t a, size_t b) { return (a + b - 1) / b; }

size_t ck_bf16_packed_count(size_t n, size_t k) { return ceiling(n, PANEL) * PANEL * (ceiling(k, 2) * 2); }

typedef struct {
  const char *w;
  bool transposed;
  float alpha;
  size_t n, k;
  uint16_t *packed;
} packing;

// Pairs of depths from 16 begin to 16 end of all panels: rows of w are read from end to end.
static void pack_pairs(void *context, size_t begin, size_t end) {
  const packing *p = context;
  size_t pairs = ceiling(p->k, 2), last = smaller(16 * end, pairs);
  for (size_t first = 16 * begin; first < last; first += 16) {
    size_t count = smaller(16, last - first);
    for (size_t column = 0; column < p->n; column += PANEL) {
      uint16_t *to = p->packed + (column * pairs + first * PANEL) * 2;
      size_t columns = smaller(PANEL, p->n - column);
      if (columns < PANEL) memset(to, 0, count * 2 * PANEL * sizeof *to);
      for (size_t k = 2 * first; k < 2 * (first + count); k++)
        for (size_t j = 0; j < columns; j++) {
          float value = 0;
          size_t place = p->transposed ? (column + j) * p->k + k : k * p->n + column + j;
          if (k < p->k) memcpy(&value, p->w + place * sizeof value, sizeof value);
          to[(k / 2 - first) * 2 * PANEL + j * 2 + k % 2] = ck_bf16_rounded(value * p->alpha);
        }
    }
  }
}

void ck_bf16_pack(const void *w, bool transposed, float alpha, size_t n, size_t k, uint16_t *packed) {
  packing p = {w, transposed, alpha, n, k, packed};
  ck_parallel_for(ceiling(ceiling(k, 2), 16), 1, pack_pairs, &p);
}

__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"))) void ck_bf16_from_float(
    const float *x, uint16_t *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = ck_bf16_rounded(x[i]);
}

__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"))) void ck_bf16_to_float(
    const uint16_t *x, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = ck_bf16_value(x[i]);
}

#if defined(__x86_64__)

bool ck_bf16_available(void) { return ck_cpu_level() >= 4 && __builtin_cpu_supports("avx512bf16"); }

// Elements between the rows of a's copy: even, and no multiple of a page, so that the rows of a tile lie in different lines
// of the first-level cache.
static size_t row_stride(const ck_bf16_matmul *s) { return ceiling(s->k, 32) * 32 + 32; }

static size_t block_rows(const ck_bf16_matmul *s) {
  size_t rows = BLOCK_BYTES / (row_stride(s) * sizeof(uint16_t)) / TILE * TILE;
  rows = rows < TILE ? TILE : smaller(rows, MOST_ROWS);
  // Equal blocks.
  size_t blocks = ceiling(s->m, rows);
  return smaller(rows, ceiling(ceiling(s->m, blocks), TILE) * TILE);
}

static size_t lane_bytes(const ck_bf16_matmul *s) {
  size_t copy = block_rows(s) * row_stride(s) * sizeof(uint16_t), sums = block_rows(s) * PANEL * sizeof(float);
  return ceiling(copy + sums, 64) * 64;
}

size_t ck_bf16_matmul_workspace(const ck_bf16_matmul *spec) { return (spec->threads ? spec->threads : 1) * lane_bytes(spec); }

// `rows` rows of a's block, rounded; the depth beyond k is 0.
CK_BF16_TARGET static void copy_rows(const ck_bf16_matmul *s, const void *a, size_t first, size_t rows, uint16_t *to) {
  size_t stride = row_stride(s);
  for (size_t i = 0; i < rows; i++, to += stride) {
    if (s->a_is_bf16) {
      memcpy(to, (const uint16_t *)a + (first + i) * s->k, s->k * sizeof *to);
    } else {
      const float *from = (const float *)a + (first + i) * s->k;
      size_t k = 0;
      for (; k + 32 <= s->k; k += 32) {
        __m512bh pair = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(from + k + 16), _mm512_loadu_ps(from + k));
        _mm512_storeu_si512(to + k, (__m512i)pair);
      }
      for (; k < s->k; k++) to[k] = ck_bf16_rounded(from[k]);
    }
    if (s->k % 2) to[s->k] = 0;
  }
}

// Sums of a panel to y, after the epilogue.
CK_BF16_TARGET static void finish(
    const ck_bf16_matmul *s, float *sums, size_t rows, size_t columns, const float *bias, const void *residual, void *y,
    size_t start) {
  ck_dense_epilogue(sums, PANEL, rows, columns, bias, s->activation, NULL);
  for (size_t i = 0; i < rows; i++, sums += PANEL, start += s->n) {
    if (residual && s->residual_is_bf16) {
      const uint16_t *other = (const uint16_t *)residual + start;
      for (size_t j = 0; j < columns; j++) sums[j] += ck_bf16_value(other[j]);
    } else if (residual) {
      const float *other = (const float *)residual + start;
      for (size_t j = 0; j < columns; j++) sums[j] += other[j];
    }
    if (!s->y_is_bf16) {
      memcpy((float *)y + start, sums, columns * sizeof *sums);
    } else if (columns == PANEL) {
      __m512bh pair = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(sums + 16), _mm512_loadu_ps(sums));
      _mm512_storeu_si512((uint16_t *)y + start, (__m512i)pair);
    } else {
      for (size_t j = 0; j < columns; j++) ((uint16_t *)y)[start + j] = ck_bf16_rounded(sums[j]);
    }
  }
}

typedef struct {
  const ck_bf16_matmul *spec;
  const void *a;
  const uint16_t *packed;
  const float *bias;
  const void *residual;
  void *y;
  char *workspace;
} job;

// A lane's share of the columns, or of the rows where there are more of them.
static void run_lanes(void *context, size_t begin, size_t end) {
  const job *j = context;
  const ck_bf16_matmul *s = j->spec;
  size_t lanes = s->threads ? s->threads : 1, panels = ceiling(s->n, PANEL), stride = row_stride(s);
  size_t pairs = ceiling(s->k, 2), block = block_rows(s), blocks = ceiling(s->m, block);
  bool by_rows = blocks >= 2 * lanes;
  for (size_t lane = begin; lane < end; lane++) {
    uint16_t *copy = (uint16_t *)(j->workspace + lane * lane_bytes(s));
    float *sums = (float *)(copy + block * stride);
    size_t first_panel = by_rows ? 0 : panels * lane / lanes, last_panel = by_rows ? panels : panels * (lane + 1) / lanes;
    size_t first_block = by_rows ? blocks * lane / lanes : 0, last_block = by_rows ? blocks * (lane + 1) / lanes : blocks;
    for (size_t b = first_block; b < last_block; b++) {
      size_t row = b * block, rows = smaller(block, s->m - row);
      if (first_panel < last_panel) copy_rows(s, j->a, row, rows, copy);
      for (size_t p = first_panel; p < last_panel; p++) {
        size_t column = p * PANEL, columns = smaller(PANEL, s->n - column);
        ck_bf16_tiles(rows, copy, stride, j->packed + p * pairs * 2 * PANEL, pairs, sums, PANEL, 0);
        finish(s, sums, rows, columns, j->bias ? j->bias + column : NULL, j->residual, j->y, row * s->n + column);
      }
    }
  }
}

void ck_bf16_matmul_run(
    const ck_bf16_matmul *spec, const void *a, const uint16_t *packed, const float *bias, const void *residual, void *y,
    void *workspace) {
  job j = {spec, a, packed, bias, residual, y, workspace};
  ck_parallel_for(spec->threads ? spec->threads : 1, 1, run_lanes, &j);
}

#else

bool ck_bf16_available(void) { return false; }

size_t ck_bf16_matmul_workspace(const ck_bf16_matmul *spec) {
  (void)spec;
  return 0;
}

void ck_bf16_matmul_run(
    const ck_bf16_matmul *spec, const void *a, const uint16_t *packed, const float *bias, const void *residual, void *y,
    void *workspace) {
  (void)spec, (void)a, (void)packed, (void)bias, (void)residual, (void)y, (void)workspace;
}

#endif
