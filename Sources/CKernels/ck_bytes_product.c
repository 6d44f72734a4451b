#include <string.h>

#include "ck_bytes_epilogue.h"
#include "ck_dense_epilogue.h"
#include "ck_threads.h"

// Rows that are multiplied together, so that a row of weights is read once for all of them.
enum { ROWS = 16 };

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// Four rows of a with one row of weights. The sums wrap around.
CK_DENSE_CLONES static void dot4(size_t k, const int16_t *a, const int16_t *w, int32_t *sums) {
  const int16_t *b = a + k, *c = b + k, *d = c + k;
  int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
#pragma clang loop vectorize(enable)
  for (size_t i = 0; i < k; i++) {
    s0 += (int32_t)a[i] * w[i];
    s1 += (int32_t)b[i] * w[i];
    s2 += (int32_t)c[i] * w[i];
    s3 += (int32_t)d[i] * w[i];
  }
  sums[0] = s0;
  sums[1] = s1;
  sums[2] = s2;
  sums[3] = s3;
}

CK_DENSE_CLONES static void widen_unsigned(size_t n, const uint8_t *x, int32_t zero, int16_t *y) {
  for (size_t i = 0; i < n; i++) y[i] = (int16_t)(x[i] - zero);
}

CK_DENSE_CLONES static void widen_signed(size_t n, const int8_t *x, int32_t zero, int16_t *y) {
  for (size_t i = 0; i < n; i++) y[i] = (int16_t)(x[i] - zero);
}

static void widen(bool is_signed, size_t n, const void *x, int32_t zero, int16_t *y) {
  if (is_signed) widen_signed(n, x, zero, y);
  else widen_unsigned(n, x, zero, y);
}

static int16_t widened(bool is_signed, const void *x, size_t place, int32_t zero) {
  int32_t byte = is_signed ? ((const int8_t *)x)[place] : ((const uint8_t *)x)[place];
  return (int16_t)(byte - zero);
}

// `rows` (at most ROWS) rows [ROWS, k] times weights [n, k], into rows of y that are `stride` elements apart.
static void multiply(
    const ck_byte_epilogue *e, size_t rows, size_t n, size_t k, const int16_t *a, const int16_t *w, size_t stride,
    const ck_byte_columns *columns, const char *residual, char *y) {
  int32_t sums[ROWS][CK_BYTE_COLUMNS];
  for (size_t first = 0; first < n; first += CK_BYTE_COLUMNS) {
    size_t count = smaller(CK_BYTE_COLUMNS, n - first);
    for (size_t j = 0; j < count; j++)
      for (size_t i = 0; i < rows; i += 4) {
        int32_t four[4];
        dot4(k, a + i * k, w + (first + j) * k, four);
        for (size_t r = 0; r < 4; r++) sums[i + r][j] = four[r];
      }
    ck_byte_columns part = ck_byte_columns_from(columns, first);
    for (size_t i = 0; i < rows; i++) {
      size_t place = i * stride + first;
      ck_byte_epilogue_row(
          e, count, sums[i], &part, residual ? residual + place * ck_byte_residual_size(e) : 0,
          y + place * ck_byte_result_size(e));
    }
  }
}

// Calls unit(context, i, scratch) for every i below `units`, each thread with a scratch [ROWS, k] of its own.
typedef struct {
  size_t units, threads, k;
  void (*unit)(const void *context, size_t index, int16_t *scratch);
  const void *context;
  int16_t *scratch;
} units_job;

static void run_units(void *pointer, size_t begin, size_t end) {
  const units_job *j = pointer;
  for (size_t thread = begin; thread < end; thread++)
    for (size_t i = j->units * thread / j->threads; i < j->units * (thread + 1) / j->threads; i++)
      j->unit(j->context, i, j->scratch + thread * ROWS * j->k);
}

static size_t scratch_bytes(size_t threads, size_t k) { return threads * ROWS * k * sizeof(int16_t); }

// ---- Matrices

typedef struct {
  const ck_byte_matmul *spec;
  const char *a;
  const size_t *a_offset, *b_offset;
  const int16_t *packed;
  const ck_byte_columns *columns;
  const char *residual;
  char *y;
} matmul_job;

size_t ck_byte_matmul_packed(const ck_byte_matmul *s, size_t count) { return count * s->n * s->k; }

void ck_byte_matmul_pack(const ck_byte_matmul *s, size_t count, const void *b, int16_t *packed) {
  if (s->transpose_b) {
    widen(s->b_is_signed, count * s->n * s->k, b, s->b_zero, packed);
    return;
  }
  for (size_t matrix = 0; matrix < count; matrix++)
    for (size_t j = 0; j < s->n; j++)
      for (size_t i = 0; i < s->k; i++)
        *packed++ = widened(s->b_is_signed, b, (matrix * s->k + i) * s->n + j, s->b_zero);
}

static size_t tiles(size_t rows) { return (rows + ROWS - 1) / ROWS; }

static void matmul_unit(const void *pointer, size_t index, int16_t *scratch) {
  const matmul_job *j = pointer;
  const ck_byte_matmul *s = j->spec;
  size_t matrix = index / tiles(s->m), first = index % tiles(s->m) * ROWS, rows = smaller(ROWS, s->m - first);
  widen(s->a_is_signed, rows * s->k, j->a + j->a_offset[matrix] + first * s->k, s->a_zero, scratch);
  memset(scratch + rows * s->k, 0, (ROWS - rows) * s->k * sizeof *scratch);
  size_t place = (matrix * s->m + first) * s->n;
  multiply(
      &s->epilogue, rows, s->n, s->k, scratch, j->packed + j->b_offset[matrix], s->n, j->columns,
      j->residual ? j->residual + place * ck_byte_residual_size(&s->epilogue) : 0,
      j->y + place * ck_byte_result_size(&s->epilogue));
}

size_t ck_byte_matmul_workspace(const ck_byte_matmul *s) { return scratch_bytes(s->threads, s->k); }

void ck_byte_matmul_run(
    const ck_byte_matmul *s, const void *a, const size_t *a_offset, const int16_t *packed, const size_t *b_offset,
    const ck_byte_columns *columns, const void *residual, void *y, void *workspace) {
  matmul_job job = {s, a, a_offset, b_offset, packed, columns, residual, y};
  units_job units = {s->batch * tiles(s->m), s->threads, s->k, matmul_unit, &job, workspace};
  ck_parallel_for(s->threads, 1, run_units, &units);
}

// ---- Convolutions

static size_t taps(const ck_byte_conv *s) { return s->kernel[0] * s->kernel[1] * s->kernel[2]; }

static size_t depth(const ck_byte_conv *s) { return s->channels / s->groups * taps(s); }

static size_t volume(const size_t *sizes) { return sizes[0] * sizes[1] * sizes[2]; }

size_t ck_byte_conv_packed(const ck_byte_conv *s) { return s->out_channels * depth(s); }

// [out_channels, channels of a group, taps] to [out_channels, taps, channels of a group].
void ck_byte_conv_pack(const ck_byte_conv *s, const void *w, int16_t *packed) {
  size_t channels = s->channels / s->groups, count = taps(s);
  for (size_t o = 0; o < s->out_channels; o++)
    for (size_t tap = 0; tap < count; tap++)
      for (size_t c = 0; c < channels; c++)
        *packed++ = widened(s->w_is_signed, w, (o * channels + c) * count + tap, s->w_zero);
}

typedef struct {
  const ck_byte_conv *spec;
  const char *x;
  const int16_t *packed;
  const ck_byte_columns *columns;
  const char *residual;
  char *y;
} conv_job;

// The input coordinate that a tap reads along an axis; false in the padding.
static bool locate(const ck_byte_conv *s, int axis, size_t position, size_t tap, size_t *place) {
  ptrdiff_t at = (ptrdiff_t)(position * s->strides[axis] + tap * s->dilations[axis]) - (ptrdiff_t)s->before[axis];
  *place = (size_t)at;
  return at >= 0 && (size_t)at < s->in[axis];
}

// The bytes under the window at an output position less their zero point, tap by tap; 0 in the padding.
static void gather(const ck_byte_conv *s, const char *x, size_t position, int16_t *row) {
  size_t channels = s->channels / s->groups;
  size_t w = position % s->out[2], h = position / s->out[2] % s->out[1], d = position / s->out[2] / s->out[1];
  for (size_t kd = 0; kd < s->kernel[0]; kd++)
    for (size_t kh = 0; kh < s->kernel[1]; kh++)
      for (size_t kw = 0; kw < s->kernel[2]; kw++, row += channels) {
        size_t at[3];
        if (locate(s, 0, d, kd, at) && locate(s, 1, h, kh, at + 1) && locate(s, 2, w, kw, at + 2))
          widen(s->x_is_signed, channels, x + ((at[0] * s->in[1] + at[1]) * s->in[2] + at[2]) * s->channels, s->x_zero, row);
        else
          memset(row, 0, channels * sizeof *row);
      }
}

static void conv_unit(const void *pointer, size_t index, int16_t *scratch) {
  const conv_job *j = pointer;
  const ck_byte_conv *s = j->spec;
  size_t positions = volume(s->out), k = depth(s), n = s->out_channels / s->groups;
  size_t group = index % s->groups, tile = index / s->groups % tiles(positions), image = index / s->groups / tiles(positions);
  size_t first = tile * ROWS, rows = smaller(ROWS, positions - first);
  const char *x = j->x + image * volume(s->in) * s->channels + group * (s->channels / s->groups);
  for (size_t i = 0; i < rows; i++) gather(s, x, first + i, scratch + i * k);
  memset(scratch + rows * k, 0, (ROWS - rows) * k * sizeof *scratch);
  size_t place = (image * positions + first) * s->out_channels + group * n;
  ck_byte_columns columns = ck_byte_columns_from(j->columns, group * n);
  multiply(
      &s->epilogue, rows, n, k, scratch, j->packed + group * n * k, s->out_channels, &columns,
      j->residual ? j->residual + place * ck_byte_residual_size(&s->epilogue) : 0,
      j->y + place * ck_byte_result_size(&s->epilogue));
}

size_t ck_byte_conv_workspace(const ck_byte_conv *s) { return scratch_bytes(s->threads, depth(s)); }

void ck_byte_conv_run(
    const ck_byte_conv *s, const void *x, const int16_t *packed, const ck_byte_columns *columns, const void *residual, void *y,
    void *workspace) {
  conv_job job = {s, x, packed, columns, residual, y};
  units_job units = {s->batch * s->groups * tiles(volume(s->out)), s->threads, depth(s), conv_unit, &job, workspace};
  ck_parallel_for(s->threads, 1, run_units, &units);
}
