#include <oneapi/dnnl/dnnl.h>
#include <stdlib.h>
#include <string.h>

#include "ck_dense.h"
#include "ck_dense_epilogue.h"
#include "ck_threads.h"

struct ck_matmul {
  ck_matmul_spec spec;
  // Blocks that each product is cut into along its rows or its columns; a block is computed by one thread.
  size_t row_blocks, column_blocks, row_grain, column_grain;
  size_t offsets[];
};

enum { ROW_GRAIN = 12, COLUMN_GRAIN = 16, CACHED_BYTES = 256 * 1024, NARROWEST = 256, MOST_CACHED_ROWS = 512 };

static size_t ceiling(size_t a, size_t b) { return (a + b - 1) / b; }

static size_t rounded(size_t value, size_t grain) { return ceiling(value, grain) * grain; }

// Cuts a product along its longer side into equal shares for the threads, and then into column panels whose result stays
// in the cache until the epilogue has read it. The shorter side stays whole: cutting it would arrange the other operand
// once more per block.
static void cut(ck_matmul *handle) {
  const ck_matmul_spec *s = &handle->spec;
  size_t threads = s->threads ? s->threads : 1;
  size_t shares = s->batch >= threads ? 1 : ceiling(threads, s->batch ? s->batch : 1);
  if ((double)s->m * (double)s->n * (double)s->k < 32768) shares = 1;
  bool by_rows = s->m > s->n;
  handle->row_grain = by_rows ? rounded(ceiling(s->m, shares), ROW_GRAIN) : s->m;
  handle->column_grain = by_rows ? s->n : rounded(ceiling(s->n, shares), COLUMN_GRAIN);
  if (s->m <= MOST_CACHED_ROWS && s->m >= 16 && !by_rows) {
    size_t fitting = CACHED_BYTES / sizeof(float) / s->m;
    size_t panels = ceiling(handle->column_grain, fitting < NARROWEST ? NARROWEST : fitting);
    handle->column_grain = rounded(ceiling(handle->column_grain, panels), COLUMN_GRAIN);
  }
  handle->row_blocks = handle->row_grain ? ceiling(s->m, handle->row_grain) : 0;
  handle->column_blocks = handle->column_grain ? ceiling(s->n, handle->column_grain) : 0;
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
  float *y;
  // A status of oneDNN other than success; every writer writes the same kind of value.
  int failure;
} job;

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static void run_block(job *j, size_t index) {
  const ck_matmul *h = j->handle;
  const ck_matmul_spec *s = &h->spec;
  size_t blocks = h->row_blocks * h->column_blocks;
  size_t product = index / blocks, row_block = index % blocks / h->column_blocks, column_block = index % h->column_blocks;
  size_t row = row_block * h->row_grain, column = column_block * h->column_grain;
  size_t rows = smaller(h->row_grain, s->m - row), columns = smaller(h->column_grain, s->n - column);
  size_t lda = s->transpose_a ? s->m : s->k, ldb = s->transpose_b ? s->k : s->n;
  const float *a = j->a + s->a_offsets[product] + (s->transpose_a ? row : row * lda);
  const float *b = j->b + s->b_offsets[product] + (s->transpose_b ? column * ldb : column);
  size_t start = product * s->m * s->n + row * s->n + column;
  int adds = s->accumulate || j->residual == j->y;
  if (s->k > 0) {
    dnnl_status_t status = dnnl_sgemm(
        s->transpose_a ? 'T' : 'N', s->transpose_b ? 'T' : 'N', (dnnl_dim_t)rows, (dnnl_dim_t)columns, (dnnl_dim_t)s->k,
        s->alpha, a, (dnnl_dim_t)lda, b, (dnnl_dim_t)ldb, adds ? 1.0f : 0.0f, j->y + start, (dnnl_dim_t)s->n);
    if (status != dnnl_success) __atomic_store_n(&j->failure, (int)status, __ATOMIC_RELAXED);
  } else if (!adds) {
    for (size_t i = 0; i < rows; i++) memset(j->y + start + i * s->n, 0, columns * sizeof(float));
  }
  ck_dense_epilogue(
      j->y + start, s->n, rows, columns, j->bias ? j->bias + column : NULL, s->activation,
      j->residual && j->residual != j->y ? j->residual + start : NULL);
}

static void run_blocks(void *context, size_t begin, size_t end) {
  for (size_t index = begin; index < end; index++) run_block(context, index);
}

ck_status ck_matmul_run(
    const ck_matmul *handle, const float *a, const float *b, const float *bias, const float *residual, float *y) {
  job j = {handle, a, b, bias, residual, y, 0};
  size_t blocks = handle->spec.batch * handle->row_blocks * handle->column_blocks;
  ck_parallel_for(blocks, 1, run_blocks, &j);
  if (j.failure != 0) return ck_fail(CK_INTERNAL, "oneDNN's matrix product failed");
  return CK_OK;
}

void ck_dense_fill(
    float *y, const float *c, size_t rows, size_t columns, size_t row_stride, size_t column_stride, float factor) {
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++) y[i * columns + j] = factor * c[i * row_stride + j * column_stride];
}
