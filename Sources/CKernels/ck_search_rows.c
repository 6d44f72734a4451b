#include <stdlib.h>

#include "ck_rows_simd.h"
#include "ck_search_pass.h"

enum { PANEL = CK_SEARCH_PANEL, LARGEST_TILE = 8, GROUP_BYTES = 512 << 10, BLOCK = 64 };

// An inner product of n terms, in arithmetic of unit roundoff u and any order of summation, is within n u / (1 - n u) of the
// exact one, times the product of the lengths (Higham, "Accuracy and stability of numerical algorithms", 2002, section 3.1).
// What counts is the number of roundings that one term goes through: BLOCK in the sum of its block, then one for each block
// that is added. Two more stand for lengths that are not exactly 1.
static float margin_of(size_t dimension) {
  double nu = (double)(BLOCK + (dimension + BLOCK - 1) / BLOCK + 2) * 0x1p-24;
  return (float)(nu / (1 - nu)) + CK_SEARCH_SLACK;
}

ck_status ck_row_queries_create(ck_row_queries *q, const float *from, size_t count, size_t dimension) {
  size_t padded = (count + 2 * PANEL - 1) / (2 * PANEL) * (2 * PANEL);
  *q = (ck_row_queries){.dimension = dimension, .count = count, .margin = margin_of(dimension)};
  q->panels = aligned_alloc(64, padded * dimension * sizeof(float));
  if (!q->panels) return ck_fail(CK_OUT_OF_MEMORY, "no memory for the queries of a search");
  for (size_t i = 0; i < padded; i++) {
    float *to = q->panels + i / PANEL * PANEL * dimension + i % PANEL;
    for (size_t k = 0; k < dimension; k++) to[k * PANEL] = i < count ? from[i * dimension + k] : 0;
  }
  return CK_OK;
}

void ck_row_queries_destroy(ck_row_queries *q) { free(q->panels); }

// Offers the scores [tile, wide * PANEL] that reach their query's floor, and renews the cuts.
static __attribute__((noinline)) void offer_tile(
    const float *scores, size_t tile, size_t lanes, float margin, size_t first_row, float *cuts, ck_finder *finders,
    size_t count) {
  for (size_t q = 0; q < lanes && q < count; q++)
    for (size_t r = 0; r < tile; r++) {
      float score = scores[r * lanes + q];
      if (score < cuts[q]) continue;
      ck_finder_offer(&finders[q], first_row + r, score - margin, score + margin);
      cuts[q] = finders[q].floor - margin;
    }
}

typedef struct {
  const float *rows, *ahead, *panel;
  size_t stride, dimension, first_row, count;
  float margin;
  float *cuts;
  ck_finder *finders;
} tile_job;

// Adds the products over the elements begin..<end, a block, to the scores of `tile` rows and `wide` panels. The lines at
// `ahead` are fetched on the way. `tile` and `wide` are constants where this is inlined.
CK_INLINE void score_block(const int tile, const int wide, const tile_job *t, size_t begin, size_t end, v16 (*score)[2]) {
  v16 sum[LARGEST_TILE][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < tile; r++)
#pragma clang loop unroll(full)
    for (int w = 0; w < wide; w++) sum[r][w] = SPLAT16(0);
  const float *x = t->rows, *left = t->panel, *right = left + t->dimension * PANEL;
  const size_t stride = t->stride;
  for (size_t k = begin; k < end; k++) {
    if (t->ahead && k % 16 == 0) {
#pragma clang loop unroll(full)
      for (int r = 0; r < tile; r++) __builtin_prefetch(t->ahead + (size_t)r * stride + k);
    }
    v16 a = LOAD16(left + k * PANEL), b = wide > 1 ? LOAD16(right + k * PANEL) : a;
#pragma clang loop unroll(full)
    for (int r = 0; r < tile; r++) {
      float value = x[(size_t)r * stride + k];
      sum[r][0] += a * value;
      if (wide > 1) sum[r][1] += b * value;
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < tile; r++)
#pragma clang loop unroll(full)
    for (int w = 0; w < wide; w++) score[r][w] += sum[r][w];
}

// Offers the rows of a tile whose scores reach the cuts.
CK_INLINE void score_tile(const int tile, const int wide, const tile_job *t) {
  v16 sum[LARGEST_TILE][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < tile; r++) sum[r][0] = sum[r][1] = SPLAT16(0);
  for (size_t k = 0; k < t->dimension; k += BLOCK)
    score_block(tile, wide, t, k, k + BLOCK < t->dimension ? k + BLOCK : t->dimension, sum);
  v16 cut[2] = {LOAD16(t->cuts), wide > 1 ? LOAD16(t->cuts + PANEL) : LOAD16(t->cuts)};
  v16i reached = {0};
#pragma clang loop unroll(full)
  for (int r = 0; r < tile; r++)
#pragma clang loop unroll(full)
    for (int w = 0; w < wide; w++) reached |= sum[r][w] >= cut[w];
  if (!__builtin_reduce_or(reached)) return;
  float scores[LARGEST_TILE * 2 * PANEL];
#pragma clang loop unroll(full)
  for (int r = 0; r < tile; r++)
#pragma clang loop unroll(full)
    for (int w = 0; w < wide; w++) STORE16(scores + (r * wide + w) * PANEL, sum[r][w]);
  offer_tile(scores, (size_t)tile, (size_t)wide * PANEL, t->margin, t->first_row, t->cuts, t->finders, t->count);
}

// All rows begin..<end against the queries of one group.
CK_INLINE void scan_group(
    const int tile, const int wide, const ck_vectors *v, const ck_row_queries *q, size_t first, size_t count, float *cuts,
    ck_finder *finders, size_t begin, size_t end) {
  for (size_t row = begin; row < end;) {
    int whole = end - row >= (size_t)tile;
    size_t height = whole ? (size_t)tile : 1, next = row + height;
    for (size_t at = 0; at < count;) {
      int pair = wide > 1 && count - at > PANEL;
      tile_job t = {.stride = v->row_stride, .dimension = v->dimension, .first_row = row, .margin = q->margin};
      t.rows = v->rows + row * v->row_stride;
      t.ahead = at == 0 && next + height <= end ? t.rows + height * v->row_stride : NULL;
      t.panel = q->panels + (first + at) * v->dimension;
      t.count = count - at;
      t.cuts = cuts + at;
      t.finders = finders + first + at;
      if (whole && pair)
        score_tile(tile, 2, &t);
      else if (whole)
        score_tile(tile, 1, &t);
      else
        score_tile(1, 1, &t);
      at += whole && pair ? 2 * PANEL : PANEL;
    }
    row = next;
  }
}

CK_INLINE void scan(
    const int tile, const int wide, const ck_vectors *v, const ck_row_queries *q, ck_finder *finders, size_t begin, size_t end) {
  enum { LARGEST_GROUP = 256 };
  float cuts[LARGEST_GROUP];
  size_t group = GROUP_BYTES / (v->dimension * sizeof(float)) / (2 * PANEL) * (2 * PANEL);
  if (group < 2 * PANEL) group = 2 * PANEL;
  if (group > LARGEST_GROUP) group = LARGEST_GROUP;
  for (size_t first = 0; first < q->count; first += group) {
    size_t count = q->count - first < group ? q->count - first : group;
    // Lanes without a query are never reached.
    for (size_t i = 0; i < LARGEST_GROUP; i++) cuts[i] = i < count ? finders[first + i].floor - q->margin : INFINITY;
    scan_group(tile, wide, v, q, first, count, cuts, finders, begin, end);
  }
}

__attribute__((target("arch=x86-64-v4"), min_vector_width(512))) static void scan_v4(
    const ck_vectors *v, const ck_row_queries *q, ck_finder *f, size_t begin, size_t end) {
  scan(8, 2, v, q, f, begin, end);
}

__attribute__((target("arch=x86-64-v3"))) static void scan_v3(
    const ck_vectors *v, const ck_row_queries *q, ck_finder *f, size_t begin, size_t end) {
  scan(6, 1, v, q, f, begin, end);
}

static void scan_baseline(const ck_vectors *v, const ck_row_queries *q, ck_finder *f, size_t begin, size_t end) {
  scan(3, 1, v, q, f, begin, end);
}

void ck_search_rows(const ck_vectors *v, const ck_row_queries *q, ck_finder *finders, size_t begin, size_t end) {
  CK_BEST(scan)(v, q, finders, begin, end);
}
