#include "ck_bf16_lanes.h"
#include "ck_bf16_tile.h"
#include "ck_rows.h"
#include "ck_rows_norm.h"
#include "ck_threads.h"

typedef struct {
  const void *x;
  const float *scale, *bias;
  void *y;
  size_t count;
  float epsilon;
  bool x_is_bf16, y_is_bf16;
  // What rows were normalised by; null where nobody asks.
  float *means, *inverses;
} mixed_job;

#if defined(__x86_64__)

// ((x - mean) * inverse + offset) * scale + bias, of the elements from `i` on.
LANES_INLINE __m512 scaled(
    __m512 x, __m512 mean, __m512 inverse, __m512 offset, const float *scale, const float *bias, size_t i, __mmask16 lanes) {
  __m512 value = _mm512_fmadd_ps(_mm512_sub_ps(x, mean), inverse, offset), slope = load_lanes(scale, i, false, lanes);
  if (bias) return _mm512_fmadd_ps(value, slope, load_lanes(bias, i, false, lanes));
  return _mm512_mul_ps(value, slope);
}

// Rows that are normalised together, so that their chains of sums, roots and quotients overlap; elements they may have.
enum { MOST_ROWS = 16, MOST_ELEMENTS = 2048 };

LANES_INLINE float row_mean_v4(const bool is_bf16, const void *x, size_t n) {
  __m512 a = _mm512_setzero_ps(), b = a;
  size_t i = 0;
#pragma clang loop unroll(disable)
  for (; i + 32 <= n; i += 32) {
    a = _mm512_add_ps(a, load_lanes(x, i, is_bf16, 0xFFFF));
    b = _mm512_add_ps(b, load_lanes(x, i + 16, is_bf16, 0xFFFF));
  }
  for (; i < n; i += 16) a = _mm512_add_ps(a, load_lanes(x, i, is_bf16, first_lanes(n - i)));
  return _mm512_reduce_add_ps(_mm512_add_ps(a, b)) / (float)n;
}

// Sums of the squares of differences to the mean and of the differences.
LANES_INLINE void row_differences_v4(const bool is_bf16, const void *x, size_t n, float mean, float *squares, float *rest) {
  const __m512 less = _mm512_set1_ps(mean);
  __m512 a = _mm512_setzero_ps(), b = a, c = a, d = a;
  size_t i = 0;
#pragma clang loop unroll(disable)
  for (; i + 32 <= n; i += 32) {
    __m512 s = _mm512_sub_ps(load_lanes(x, i, is_bf16, 0xFFFF), less);
    __m512 t = _mm512_sub_ps(load_lanes(x, i + 16, is_bf16, 0xFFFF), less);
    a = _mm512_fmadd_ps(s, s, a);
    b = _mm512_fmadd_ps(t, t, b);
    c = _mm512_add_ps(c, s);
    d = _mm512_add_ps(d, t);
  }
  for (; i < n; i += 16) {
    __mmask16 lanes = first_lanes(n - i);
    __m512 s = _mm512_maskz_sub_ps(lanes, load_lanes(x, i, is_bf16, lanes), less);
    a = _mm512_fmadd_ps(s, s, a);
    c = _mm512_add_ps(c, s);
  }
  *squares = _mm512_reduce_add_ps(_mm512_add_ps(a, b));
  *rest = _mm512_reduce_add_ps(_mm512_add_ps(c, d));
}

LANES_INLINE void row_scaled_v4(
    const bool x_is_bf16, const bool y_is_bf16, const void *x, const float *scale, const float *bias, void *y, size_t n,
    const row_scaling *r) {
  const __m512 less = _mm512_set1_ps(r->mean), by = _mm512_set1_ps(r->inverse), more = _mm512_set1_ps(r->offset);
  size_t i = 0;
  // Stores without a mask are quicker.
#pragma clang loop unroll(disable)
  for (; i + 16 <= n; i += 16)
    store_lanes(y, i, y_is_bf16, 0xFFFF, scaled(load_lanes(x, i, x_is_bf16, 0xFFFF), less, by, more, scale, bias, i, 0xFFFF));
  if (i < n) {
    __mmask16 lanes = first_lanes(n - i);
    store_lanes(y, i, y_is_bf16, lanes, scaled(load_lanes(x, i, x_is_bf16, lanes), less, by, more, scale, bias, i, lanes));
  }
}

// Rows with AVX-512; the types are constants where this is inlined.
LANES_INLINE void rows_v4(const bool x_is_bf16, const bool y_is_bf16, const mixed_job *j, size_t begin, size_t end) {
  const size_t n = j->count, x_step = n * (x_is_bf16 ? 2 : 4), y_step = n * (y_is_bf16 ? 2 : 4);
  const size_t most = n >= MOST_ELEMENTS ? 1 : MOST_ELEMENTS / n, group = most < MOST_ROWS ? most : MOST_ROWS;
  for (size_t row = begin; row < end; row += group) {
    const size_t rows = end - row < group ? end - row : group;
    const char *x = (const char *)j->x + row * x_step;
    char *y = (char *)j->y + row * y_step;
    float means[MOST_ROWS], squares[MOST_ROWS], rests[MOST_ROWS];
    row_scaling scalings[MOST_ROWS];
    for (size_t i = 0; i < rows; i++) means[i] = row_mean_v4(x_is_bf16, x + i * x_step, n);
    for (size_t i = 0; i < rows; i++) row_differences_v4(x_is_bf16, x + i * x_step, n, means[i], &squares[i], &rests[i]);
    for (size_t i = 0; i < rows; i++) row_finish(means[i], squares[i], rests[i], n, j->epsilon, &scalings[i]);
    for (size_t i = 0; i < rows; i++) {
      if (j->means) j->means[row + i] = scalings[i].mean + scalings[i].rest;
      if (j->inverses) j->inverses[row + i] = scalings[i].inverse;
      if (j->bias)
        row_scaled_v4(x_is_bf16, y_is_bf16, x + i * x_step, j->scale, j->bias, y + i * y_step, n, &scalings[i]);
      else
        row_scaled_v4(x_is_bf16, y_is_bf16, x + i * x_step, j->scale, NULL, y + i * y_step, n, &scalings[i]);
    }
  }
}

#define SHARE_V4(name, x_is_bf16, y_is_bf16)                               \
  LANES_TARGET static void name(void *context, size_t begin, size_t end) { \
    rows_v4(x_is_bf16, y_is_bf16, (const mixed_job *)context, begin, end); \
  }

SHARE_V4(wide_share_v4, false, false)
SHARE_V4(narrowing_share_v4, false, true)
SHARE_V4(widening_share_v4, true, false)
SHARE_V4(narrow_share_v4, true, true)

// The function for the types of the job, NULL where the CPU has no AVX-512.
static void (*share_v4(const mixed_job *j))(void *, size_t, size_t) {
  if (ck_cpu_level() < 4) return NULL;
  if (j->x_is_bf16) return j->y_is_bf16 ? narrow_share_v4 : widening_share_v4;
  return j->y_is_bf16 ? narrowing_share_v4 : wide_share_v4;
}

#else

static void (*share_v4(const mixed_job *j))(void *, size_t, size_t) {
  (void)j;
  return NULL;
}

#endif

typedef struct {
  const float *x, *scale, *bias;
  float *y, *means, *inverses;
  size_t count;
  float epsilon;
} norm_job;

CK_CLONES static void share(void *context, size_t begin, size_t end) {
  const norm_job *job = context;
  size_t n = job->count;
  const float *scale = job->scale, *bias = job->bias;
  for (size_t row = begin; row < end; row++) {
    const float *x = job->x + row * n;
    float *y = job->y + row * n;
    row_scaling row_scale;
    row_statistics(x, n, job->epsilon, &row_scale);
    float mean = row_scale.mean, inverse = row_scale.inverse, offset = row_scale.offset;
    if (job->means) job->means[row] = mean + row_scale.rest;
    if (job->inverses) job->inverses[row] = inverse;
    if (bias) {
#pragma clang loop vectorize(assume_safety)
      for (size_t i = 0; i < n; i++) y[i] = ((x[i] - mean) * inverse + offset) * scale[i] + bias[i];
    } else {
#pragma clang loop vectorize(assume_safety)
      for (size_t i = 0; i < n; i++) y[i] = ((x[i] - mean) * inverse + offset) * scale[i];
    }
  }
}

ck_status ck_layer_norm(
    const float *x, const float *scale, const float *bias, float *y, float *means, float *inverses, size_t rows, size_t count,
    float epsilon) {
  mixed_job wide = {x, scale, bias, y, count, epsilon, false, false, means, inverses};
  norm_job job = {x, scale, bias, y, means, inverses, count, epsilon};
  if (count == 0) return CK_OK;
  if (share_v4(&wide))
    ck_parallel_for(rows, 1 + 4096 / count, share_v4(&wide), &wide);
  else
    ck_parallel_for(rows, 1 + 4096 / count, share, &job);
  return CK_OK;
}

// Mean and variance of a row of bfloat16 in two passes over its floats.
CK_CLONES static void narrow_statistics(const uint16_t *x, size_t n, float epsilon, row_scaling *result) {
  float sums[16] = {0}, squares[16] = {0}, rest[16] = {0}, sum = 0, square = 0, left = 0;
  size_t whole = n / 16 * 16;
  for (size_t i = 0; i < whole; i += 16)
    for (size_t k = 0; k < 16; k++) sums[k] += ck_bf16_value(x[i + k]);
  for (size_t k = 0; k < 16; k++) sum += sums[k];
  for (size_t i = whole; i < n; i++) sum += ck_bf16_value(x[i]);
  float mean = sum / (float)n;
  for (size_t i = 0; i < whole; i += 16)
    for (size_t k = 0; k < 16; k++) {
      float d = ck_bf16_value(x[i + k]) - mean;
      squares[k] += d * d;
      rest[k] += d;
    }
  for (size_t k = 0; k < 16; k++) square += squares[k], left += rest[k];
  for (size_t i = whole; i < n; i++) {
    float d = ck_bf16_value(x[i]) - mean;
    square += d * d;
    left += d;
  }
  row_finish(mean, square, left, n, epsilon, result);
}

#define MIXED_ROW(name, from, to, load, save)                                                                            \
  CK_CLONES static void name(const from *x, const float *scale, const float *bias, to *y, size_t n, const row_scaling *r) { \
    float mean = r->mean, inverse = r->inverse, offset = r->offset;                                                      \
    _Pragma("clang loop vectorize(assume_safety)") for (size_t i = 0; i < n; i++) {                                      \
      float value = ((load(x[i]) - mean) * inverse + offset) * scale[i];                                                 \
      y[i] = save(bias ? value + bias[i] : value);                                                                       \
    }                                                                                                                    \
  }

#define SAME(value) (value)
MIXED_ROW(wide_to_narrow, float, uint16_t, SAME, ck_bf16_rounded)
MIXED_ROW(narrow_to_wide, uint16_t, float, ck_bf16_value, SAME)
MIXED_ROW(narrow_to_narrow, uint16_t, uint16_t, ck_bf16_value, ck_bf16_rounded)

CK_CLONES static void wide_statistics(const float *x, size_t n, float epsilon, row_scaling *result) {
  row_statistics(x, n, epsilon, result);
}

static void mixed_share(void *context, size_t begin, size_t end) {
  const mixed_job *job = context;
  size_t n = job->count;
  for (size_t row = begin; row < end; row++) {
    const float *wide = (const float *)job->x + row * n;
    const uint16_t *narrow = (const uint16_t *)job->x + row * n;
    float *y = (float *)job->y + row * n;
    uint16_t *narrow_y = (uint16_t *)job->y + row * n;
    row_scaling scaling;
    if (job->x_is_bf16) {
      narrow_statistics(narrow, n, job->epsilon, &scaling);
      if (job->y_is_bf16)
        narrow_to_narrow(narrow, job->scale, job->bias, narrow_y, n, &scaling);
      else
        narrow_to_wide(narrow, job->scale, job->bias, y, n, &scaling);
    } else {
      wide_statistics(wide, n, job->epsilon, &scaling);
      wide_to_narrow(wide, job->scale, job->bias, narrow_y, n, &scaling);
    }
  }
}

void ck_layer_norm_bf16(
    const void *x, bool x_is_bf16, const float *scale, const float *bias, void *y, bool y_is_bf16, size_t rows, size_t count,
    float epsilon) {
  mixed_job job = {x, scale, bias, y, count, epsilon, x_is_bf16, y_is_bf16, NULL, NULL};
  if (count > 0) ck_parallel_for(rows, 1 + 4096 / count, share_v4(&job) ? share_v4(&job) : mixed_share, &job);
}

CK_CLONES static void rms_share(void *context, size_t begin, size_t end) {
  const norm_job *job = context;
  size_t n = job->count;
  const float *scale = job->scale;
  for (size_t row = begin; row < end; row++) {
    const float *x = job->x + row * n;
    float *y = job->y + row * n;
    v16 a = {0}, b = {0};
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
      v16 s = LOAD16(x + i), t = LOAD16(x + i + 16);
      a += s * s;
      b += t * t;
    }
    a += b;
    float squares = sum16(&a);
    for (; i < n; i++) squares += x[i] * x[i];
    float inverse = 1 / sqrtf(squares / (float)n + job->epsilon);
#pragma clang loop vectorize(assume_safety)
    for (size_t k = 0; k < n; k++) y[k] = x[k] * inverse * scale[k];
  }
}

void ck_rms_norm(const float *x, const float *scale, float *y, size_t rows, size_t count, float epsilon) {
  norm_job job = {x, scale, NULL, y, NULL, NULL, count, epsilon};
  if (count > 0) ck_parallel_for(rows, 1 + 4096 / count, rms_share, &job);
}

typedef struct {
  const ck_group_norm_spec *spec;
  const float *x, *scale, *bias;
  float *y;
} group_job;

CK_CLONES static void group_share(void *context, size_t begin, size_t end) {
  const group_job *job = context;
  const ck_group_norm_spec *s = job->spec;
  for (size_t row = begin; row < end; row++) {
    size_t first = row % s->groups * s->group_channels, start = row * s->group_channels * s->area;
    row_scaling row_scale;
    row_statistics(job->x + start, s->group_channels * s->area, s->epsilon, &row_scale);
    float mean = row_scale.mean, inverse = row_scale.inverse, offset = row_scale.offset;
    for (size_t c = 0; c < s->group_channels; c++) {
      const float *x = job->x + start + c * s->area;
      float *y = job->y + start + c * s->area;
      float scale = job->scale[(first + c) / s->parameter_channels], bias = job->bias[(first + c) / s->parameter_channels];
#pragma clang loop vectorize(assume_safety)
      for (size_t i = 0; i < s->area; i++) y[i] = ((x[i] - mean) * inverse + offset) * scale + bias;
    }
  }
}

void ck_group_norm(const ck_group_norm_spec *spec, const float *x, const float *scale, const float *bias, float *y) {
  group_job job = {spec, x, scale, bias, y};
  ck_parallel_for(spec->batch * spec->groups, 1 + 4096 / (spec->group_channels * spec->area), group_share, &job);
}
