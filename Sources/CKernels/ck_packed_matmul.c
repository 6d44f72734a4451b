#include <string.h>

#include "ck_cpu.h"
#include "ck_dense_epilogue.h"
#include "ck_packed.h"
#include "ck_rows_simd.h"
#include "ck_threads.h"

// Columns of a panel, rows of the largest register tile, what the rows of a block of a may take, so that they stay in the
// second-level cache while panels pass by, and depths that are summed at once where there are more than WHOLE.
enum { PANEL = 32, TILE = 12, BLOCK_BYTES = 832 << 10, MOST_ROWS = 204, WHOLE = 1280, DEPTH = 512, AHEAD = 8 };

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static size_t ceiling(size_t a, size_t b) { return (a + b - 1) / b; }

bool ck_packed_available(void) { return ck_cpu_level() >= 4; }

size_t ck_packed_count(size_t n, size_t k) { return ceiling(n, PANEL) * PANEL * k; }

typedef struct {
  const char *w;
  bool transposed;
  float alpha;
  size_t n, k;
  float *packed;
} packing;

// Depths from 16 begin to 16 end of all panels: rows of w are read from end to end.
CK_CLONES static void pack_depths(void *context, size_t begin, size_t end) {
  const packing *p = context;
  size_t last = smaller(16 * end, p->k), panels = ceiling(p->n, PANEL);
  for (size_t first = 16 * begin; first < last; first += 16) {
    size_t depth = smaller(16, last - first);
    for (size_t panel = 0; panel < panels; panel++) {
      size_t column = panel * PANEL, columns = smaller(PANEL, p->n - column);
      float *to = p->packed + (panel * p->k + first) * PANEL;
      if (columns < PANEL) memset(to, 0, depth * PANEL * sizeof *to);
      for (size_t k = first; k < first + depth; k++, to += PANEL) {
        if (p->transposed) {
          for (size_t j = 0; j < columns; j++) memcpy(to + j, p->w + ((column + j) * p->k + k) * sizeof *to, sizeof *to);
        } else {
          memcpy(to, p->w + (k * p->n + column) * sizeof *to, columns * sizeof *to);
        }
        if (p->alpha != 1)
          for (size_t j = 0; j < columns; j++) to[j] *= p->alpha;
      }
    }
  }
}

void ck_packed_pack(const void *w, bool transposed, float alpha, size_t n, size_t k, float *packed) {
  packing p = {w, transposed, alpha, n, k, packed};
  ck_parallel_for(ceiling(k, 16), 1, pack_depths, &p);
}

// Floats between the rows of a's copy: no multiple of a page, so that the rows of a tile lie in different lines of the
// first-level cache.
static size_t row_stride(const ck_packed_matmul *s) { return ceiling(s->k > WHOLE ? DEPTH : s->k, 16) * 16 + 16; }

static size_t block_rows(const ck_packed_matmul *s) {
  size_t rows = BLOCK_BYTES / (row_stride(s) * sizeof(float)) / TILE * TILE;
  rows = rows < TILE ? TILE : smaller(rows, MOST_ROWS);
  size_t blocks = ceiling(s->m, rows);
  return blocks ? smaller(rows, ceiling(ceiling(s->m, blocks), TILE) * TILE) : TILE;
}

static size_t lane_floats(const ck_packed_matmul *s) { return block_rows(s) * (row_stride(s) + PANEL); }

size_t ck_packed_workspace(const ck_packed_matmul *spec) {
  return (spec->threads ? spec->threads : 1) * lane_floats(spec) * sizeof(float);
}

#define V4 __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))

// c[rows, 32] = (or +=) a's rows times a panel. `rows` is a constant where this is inlined.
CK_INLINE void one_tile(
    const int rows, const float *a, size_t stride, const float *panel, size_t depth, float *c, size_t c_stride, int accumulate,
    const float *ahead) {
  v16 sum[TILE][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) sum[r][0] = sum[r][1] = SPLAT16(0);
  for (size_t k = 0; k < depth;) {
    size_t end = smaller(depth, k + AHEAD);
    // What comes after this panel is fetched meanwhile, a line for so many depths.
    __builtin_prefetch(ahead, 0, 2);
    ahead += 16;
    for (; k < end; k++, panel += PANEL) {
      v16 left = LOAD16(panel), right = LOAD16(panel + 16);
#pragma clang loop unroll(full)
      for (int r = 0; r < rows; r++) {
        float x = a[(size_t)r * stride + k];
        sum[r][0] += left * x;
        sum[r][1] += right * x;
      }
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    float *to = c + (size_t)r * c_stride;
    STORE16(to, accumulate ? LOAD16(to) + sum[r][0] : sum[r][0]);
    STORE16(to + 16, accumulate ? LOAD16(to + 16) + sum[r][1] : sum[r][1]);
  }
}

V4 static void tiles(
    size_t rows, const float *a, size_t stride, const float *panel, size_t depth, float *c, size_t c_stride, int accumulate) {
  const float *ahead = panel + depth * PANEL;
  for (; rows >= TILE; rows -= TILE, a += TILE * stride, c += TILE * c_stride)
    one_tile(TILE, a, stride, panel, depth, c, c_stride, accumulate, ahead), ahead += depth / AHEAD * 16;
  switch (rows) {
    case 0: break;
    case 1: one_tile(1, a, stride, panel, depth, c, c_stride, accumulate, ahead); break;
    case 2: one_tile(2, a, stride, panel, depth, c, c_stride, accumulate, ahead); break;
    case 3: one_tile(3, a, stride, panel, depth, c, c_stride, accumulate, ahead); break;
    case 4: one_tile(4, a, stride, panel, depth, c, c_stride, accumulate, ahead); break;
    case 5: one_tile(5, a, stride, panel, depth, c, c_stride, accumulate, ahead); break;
    case 6: one_tile(6, a, stride, panel, depth, c, c_stride, accumulate, ahead); break;
    case 7: one_tile(7, a, stride, panel, depth, c, c_stride, accumulate, ahead); break;
    case 8: one_tile(8, a, stride, panel, depth, c, c_stride, accumulate, ahead); break;
    case 9: one_tile(9, a, stride, panel, depth, c, c_stride, accumulate, ahead); break;
    case 10: one_tile(10, a, stride, panel, depth, c, c_stride, accumulate, ahead); break;
    default: one_tile(11, a, stride, panel, depth, c, c_stride, accumulate, ahead); break;
  }
}

typedef struct {
  const ck_packed_matmul *spec;
  const float *a, *packed, *bias, *residual;
  float *y, *workspace;
} job;

// Sums of a panel to y, after the epilogue.
V4 static void finish(float *sums, size_t rows, size_t columns, const job *j, size_t column, size_t start) {
  const ck_packed_matmul *s = j->spec;
  ck_dense_epilogue(sums, PANEL, rows, columns, j->bias ? j->bias + column : NULL, s->activation, NULL);
  for (size_t i = 0; i < rows; i++, sums += PANEL, start += s->n) {
    float *to = j->y + start;
    if (columns == PANEL && j->residual) {
      STORE16(to, LOAD16(sums) + LOAD16(j->residual + start));
      STORE16(to + 16, LOAD16(sums + 16) + LOAD16(j->residual + start + 16));
    } else if (columns == PANEL) {
      STORE16(to, LOAD16(sums));
      STORE16(to + 16, LOAD16(sums + 16));
    } else {
      for (size_t c = 0; c < columns; c++) to[c] = sums[c] + (j->residual ? j->residual[start + c] : 0);
    }
  }
}

// Sums over a part of the depth into y; the last part is followed by the epilogue.
V4 static void add_part(
    size_t rows, const float *a, size_t stride, const float *panel, size_t depth, float *sums, size_t columns, const job *j,
    size_t column, size_t start, size_t first) {
  const ck_packed_matmul *s = j->spec;
  float *c = j->y + start;
  int accumulate = first > 0 || j->residual == j->y;
  if (columns == PANEL) {
    tiles(rows, a, stride, panel, depth, c, s->n, accumulate);
  } else {
    tiles(rows, a, stride, panel, depth, sums, PANEL, 0);
    for (size_t i = 0; i < rows; i++)
      for (size_t l = 0; l < columns; l++) c[i * s->n + l] = sums[i * PANEL + l] + (accumulate ? c[i * s->n + l] : 0);
  }
  if (first + depth < s->k) return;
  const float *residual = j->residual && j->residual != j->y ? j->residual + start : NULL;
  ck_dense_epilogue(c, s->n, rows, columns, j->bias ? j->bias + column : NULL, s->activation, residual);
}

// A lane's share of the panels, or of the rows where there are more blocks of them.
V4 static void run_lanes(void *context, size_t begin, size_t end) {
  const job *j = context;
  const ck_packed_matmul *s = j->spec;
  size_t lanes = s->threads ? s->threads : 1, panels = ceiling(s->n, PANEL), block = block_rows(s), blocks = ceiling(s->m, block);
  bool by_rows = blocks >= 2 * lanes;
  for (size_t lane = begin; lane < end; lane++) {
    size_t stride = row_stride(s);
    float *copy = j->workspace + lane * lane_floats(s), *sums = copy + block * stride;
    size_t first_panel = by_rows ? 0 : panels * lane / lanes, last_panel = by_rows ? panels : panels * (lane + 1) / lanes;
    size_t first_block = by_rows ? blocks * lane / lanes : 0, last_block = by_rows ? blocks * (lane + 1) / lanes : blocks;
    for (size_t b = first_block; b < last_block && first_panel < last_panel; b++) {
      size_t row = b * block, rows = smaller(block, s->m - row), step = s->k > WHOLE ? DEPTH : s->k;
      for (size_t first = 0; first < s->k; first += step) {
        size_t depth = smaller(step, s->k - first);
        for (size_t i = 0; i < rows; i++) memcpy(copy + i * stride, j->a + (row + i) * s->k + first, depth * sizeof *copy);
        for (size_t p = first_panel; p < last_panel; p++) {
          const float *panel = j->packed + (p * s->k + first) * PANEL;
          size_t column = p * PANEL, columns = smaller(PANEL, s->n - column), start = row * s->n + column;
          if (depth == s->k) {
            tiles(rows, copy, stride, panel, depth, sums, PANEL, 0);
            finish(sums, rows, columns, j, column, start);
          } else {
            add_part(rows, copy, stride, panel, depth, sums, columns, j, column, start, first);
          }
        }
      }
    }
  }
}

void ck_packed_run(
    const ck_packed_matmul *spec, const float *a, const float *packed, const float *bias, const float *residual, float *y,
    void *workspace) {
  job j = {spec, a, packed, bias, residual, y, workspace};
  ck_parallel_for(spec->threads ? spec->threads : 1, 1, run_lanes, &j);
}
