#include <stdlib.h>
#include <string.h>

#include "ck_dense.h"
#include "ck_dense_epilogue.h"
#include "ck_gemm.h"
#include "ck_threads.h"

struct ck_matmul {
  ck_matmul_spec spec;
  // Threads that share the work, and the blocks that each product is cut into; a block is computed by one thread.
  size_t lanes, row_blocks, column_blocks, row_grain, column_grain;
  size_t offsets[];
};

// Multiples of every register tile in use.
enum { ROW_GRAIN = 24, COLUMN_GRAIN = 32, FEWEST_OPERATIONS = 32768 };

static size_t ceiling(size_t a, size_t b) { return (a + b - 1) / b; }

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// The size of equal blocks of `side` that are a multiple of `grain` and at most `largest`, in a multiple of `shares`.
static size_t equal_blocks(size_t side, size_t shares, size_t largest, size_t grain) {
  size_t share = ceiling(side, shares), blocks = ceiling(share, largest);
  size_t size = blocks ? ceiling(ceiling(share, blocks), grain) * grain : grain;
  return smaller(size, largest);
}

// The longer side is shared out between the threads.
static bool splits_rows(const ck_matmul_spec *s) { return s->m > s->n; }

// Cuts a product along its longer side into equal shares for the threads, and both sides into blocks for the caches.
static void cut(ck_matmul *handle) {
  const ck_matmul_spec *s = &handle->spec;
  size_t threads = s->threads ? s->threads : 1;
  size_t shares = s->batch >= threads ? 1 : ceiling(threads, s->batch ? s->batch : 1);
  bool is_small = (double)s->m * (double)s->n * (double)s->k < FEWEST_OPERATIONS, by_rows = splits_rows(s);
  if (is_small) shares = 1;
  handle->row_grain = equal_blocks(s->m, by_rows ? shares : 1, CK_GEMM_ROWS, ROW_GRAIN);
  handle->column_grain = equal_blocks(s->n, by_rows ? 1 : shares, CK_GEMM_COLUMNS, COLUMN_GRAIN);
  handle->row_blocks = ceiling(s->m, handle->row_grain);
  handle->column_blocks = ceiling(s->n, handle->column_grain);
  handle->lanes = smaller(threads, s->batch * handle->row_blocks * handle->column_blocks);
  if (is_small && s->batch < threads) handle->lanes = smaller(handle->lanes, 1);
}

ck_status ck_matmul_create(const ck_matmul_spec *spec, ck_matmul **handle) {
  ck_matmul *h = malloc(sizeof *h + 2 * spec->batch * sizeof(size_t));
  if (!h) return ck_fail(CK_OUT_OF_MEMORY, "no memory for a matrix product");
  h->spec = *spec;
  if (spec->batch > 0) {
    memcpy(h->offsets, spec->a_offsets, spec->batch * sizeof(size_t));
    memcpy(h->offsets + spec->batch, spec->b_offsets, spec->batch * sizeof(size_t));
  }
  h->spec.a_offsets = h->offsets;
  h->spec.b_offsets = h->offsets + spec->batch;
  cut(h);
  *handle = h;
  return CK_OK;
}

void ck_matmul_destroy(ck_matmul *handle) { free(handle); }

typedef struct {
  const ck_matmul *handle;
  const float *a, *b, *bias, *residual;
  float *y, *workspace;
} job;

// One block, from operands to the epilogue. `copied` as in ck_gemm.
static void run_block(job *j, size_t product, size_t row, size_t column, float *workspace, bool copied) {
  const ck_matmul_spec *s = &j->handle->spec;
  size_t rows = smaller(j->handle->row_grain, s->m - row), columns = smaller(j->handle->column_grain, s->n - column);
  ck_gemm_block block = {.rows = rows, .columns = columns, .depth = s->k, .alpha = s->alpha};
  block.transpose_a = s->transpose_a;
  block.transpose_b = s->transpose_b;
  block.accumulate = s->accumulate || j->residual == j->y;
  block.a_stride = s->transpose_a ? s->m : s->k;
  block.b_stride = s->transpose_b ? s->k : s->n;
  block.c_stride = s->n;
  block.a = j->a + s->a_offsets[product] + (s->transpose_a ? row : row * block.a_stride);
  block.b = j->b + s->b_offsets[product] + (s->transpose_b ? column * block.b_stride : column);
  size_t start = product * s->m * s->n + row * s->n + column;
  block.c = j->y + start;
  if (s->k > 0) {
    ck_gemm(&block, workspace, copied);
  } else if (!block.accumulate) {
    for (size_t i = 0; i < rows; i++) memset(block.c + i * s->n, 0, columns * sizeof(float));
  }
  ck_dense_epilogue(
      block.c, s->n, rows, columns, j->bias ? j->bias + column : NULL, s->activation,
      j->residual && j->residual != j->y ? j->residual + start : NULL);
}

// A lane's share of the blocks. Blocks follow each other along the side that is not shared out.
static void run_lanes(void *context, size_t begin, size_t end) {
  job *j = context;
  const ck_matmul *h = j->handle;
  const ck_matmul_spec *s = &h->spec;
  size_t each = h->row_blocks * h->column_blocks, blocks = s->batch * each;
  bool by_rows = splits_rows(s);
  for (size_t lane = begin; lane < end; lane++) {
    float *workspace = j->workspace + lane * ck_gemm_workspace();
    size_t held_offset = SIZE_MAX, held_row = SIZE_MAX;
    for (size_t block = blocks * lane / h->lanes; block < blocks * (lane + 1) / h->lanes; block++) {
      size_t product = block / each, index = block % each;
      size_t row = (by_rows ? index / h->column_blocks : index % h->row_blocks) * h->row_grain;
      size_t column = (by_rows ? index % h->column_blocks : index / h->row_blocks) * h->column_grain;
      bool copied = s->k <= CK_GEMM_DEPTH && held_offset == s->a_offsets[product] && held_row == row;
      run_block(j, product, row, column, workspace, copied);
      held_offset = s->a_offsets[product];
      held_row = row;
    }
  }
}

size_t ck_matmul_workspace(const ck_matmul *handle) {
  return handle->spec.k > 0 ? handle->lanes * ck_gemm_workspace() * sizeof(float) : 0;
}

void ck_matmul_run(
    const ck_matmul *handle, const float *a, const float *b, const float *bias, const float *residual, float *y,
    void *workspace) {
  job j = {handle, a, b, bias, residual, y, workspace};
  ck_parallel_for(handle->lanes, 1, run_lanes, &j);
}

void ck_dense_fill(
    float *y, const float *c, size_t rows, size_t columns, size_t row_stride, size_t column_stride, float factor) {
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++) y[i * columns + j] = factor * c[i * row_stride + j * column_stride];
}
