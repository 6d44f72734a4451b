#include <math.h>
#include <string.h>

#include "ck_dense.h"
#include "ck_dense_epilogue.h"
#include "ck_threads.h"

// Rows (positions) whose sums stay in float before they are added in double.
enum { BLOCK = 32, PLANE_BLOCK = 2048, MOST_THREADS = 64 };

// Per channel: what the passes over all elements need.
typedef struct {
  const ck_batchnorm_spec *spec;
  const float *x, *dy;
  float *y;
  // The two sums of each channel, [threads][2][channels]; row 0 holds the total after the reduction.
  double *sums;
  // Subtracted from x before summing.
  const float *shift;
  // [threads][2][channels] floats: the sums of one block.
  float *block;
  // y = (x - shift) * a + b, or dx = dy * a + (x - shift) * b + c.
  const float *a, *b, *c;
  size_t threads;
} job;

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static size_t thread_count(void) { return smaller((size_t)ck_get_threads(), MOST_THREADS); }

size_t ck_batchnorm_workspace(const ck_batchnorm_spec *spec) {
  return spec->channels * (2 * sizeof(double) * MOST_THREADS + sizeof(float) * (2 * MOST_THREADS + 4)) + 64;
}

static void bind(job *j, void *workspace, float **vectors) {
  size_t channels = j->spec->channels;
  j->threads = thread_count();
  j->sums = workspace;
  j->block = (float *)(j->sums + 2 * MOST_THREADS * channels);
  *vectors = j->block + 2 * MOST_THREADS * channels;
}

// s += x - shift, q += (x - shift)^2 over four rows.
CK_DENSE_CLONES static void moments_4(
    const float *restrict x, size_t stride, const float *restrict shift, float *restrict s, float *restrict q, size_t n) {
#pragma clang loop vectorize(enable) interleave(enable)
  for (size_t c = 0; c < n; c++) {
    float d0 = x[c] - shift[c], d1 = x[c + stride] - shift[c], d2 = x[c + 2 * stride] - shift[c];
    float d3 = x[c + 3 * stride] - shift[c];
    s[c] += (d0 + d1) + (d2 + d3);
    q[c] += (d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3);
  }
}

CK_DENSE_CLONES static void moments_1(
    const float *restrict x, const float *restrict shift, float *restrict s, float *restrict q, size_t n) {
#pragma clang loop vectorize(enable)
  for (size_t c = 0; c < n; c++) {
    float d = x[c] - shift[c];
    s[c] += d;
    q[c] += d * d;
  }
}

// s += dy, q += dy (x - shift) over two rows.
CK_DENSE_CLONES static void products_2(
    const float *restrict x, const float *restrict dy, size_t stride, const float *restrict shift, float *restrict s,
    float *restrict q, size_t n) {
#pragma clang loop vectorize(enable) interleave(enable)
  for (size_t c = 0; c < n; c++) {
    s[c] += dy[c] + dy[c + stride];
    q[c] += dy[c] * (x[c] - shift[c]) + dy[c + stride] * (x[c + stride] - shift[c]);
  }
}

CK_DENSE_CLONES static void products_1(
    const float *restrict x, const float *restrict dy, const float *restrict shift, float *restrict s, float *restrict q,
    size_t n) {
#pragma clang loop vectorize(enable)
  for (size_t c = 0; c < n; c++) {
    s[c] += dy[c];
    q[c] += dy[c] * (x[c] - shift[c]);
  }
}

CK_DENSE_CLONES static void add_to_double(double *restrict y, const float *restrict x, size_t n) {
#pragma clang loop vectorize(enable)
  for (size_t i = 0; i < n; i++) y[i] += (double)x[i];
}

// Channels last: each thread sums its share of the rows.
static void sum_rows(void *context, size_t begin, size_t end) {
  const job *j = context;
  size_t channels = j->spec->channels, rows = j->spec->batch * j->spec->area;
  for (size_t part = begin; part < end; part++) {
    double *sums = j->sums + 2 * part * channels;
    float *s = j->block + 2 * part * channels, *q = s + channels;
    memset(sums, 0, 2 * channels * sizeof(double));
    size_t stop = rows * (part + 1) / j->threads;
    for (size_t row = rows * part / j->threads; row < stop;) {
      memset(s, 0, 2 * channels * sizeof(float));
      size_t last = smaller(row + BLOCK, stop);
      if (j->dy) {
        for (; row + 2 <= last; row += 2)
          products_2(j->x + row * channels, j->dy + row * channels, channels, j->shift, s, q, channels);
        for (; row < last; row++) products_1(j->x + row * channels, j->dy + row * channels, j->shift, s, q, channels);
      } else {
        for (; row + 4 <= last; row += 4) moments_4(j->x + row * channels, channels, j->shift, s, q, channels);
        for (; row < last; row++) moments_1(j->x + row * channels, j->shift, s, q, channels);
      }
      add_to_double(sums, s, 2 * channels);
    }
  }
}

CK_DENSE_CLONES static void plane_moments(const float *x, float shift, size_t n, double *s, double *q) {
#pragma clang fp reassociate(on)
  float sum = 0, square = 0;
#pragma clang loop vectorize(enable) interleave(enable)
  for (size_t i = 0; i < n; i++) {
    float d = x[i] - shift;
    sum += d;
    square += d * d;
  }
  *s += (double)sum;
  *q += (double)square;
}

CK_DENSE_CLONES static void plane_products(const float *x, const float *dy, float shift, size_t n, double *s, double *q) {
#pragma clang fp reassociate(on)
  float sum = 0, product = 0;
#pragma clang loop vectorize(enable) interleave(enable)
  for (size_t i = 0; i < n; i++) {
    sum += dy[i];
    product += dy[i] * (x[i] - shift);
  }
  *s += (double)sum;
  *q += (double)product;
}

// Channels first: each thread sums whole channels.
static void sum_planes(void *context, size_t begin, size_t end) {
  const job *j = context;
  size_t channels = j->spec->channels, area = j->spec->area;
  for (size_t c = begin; c < end; c++) {
    double s = 0, q = 0;
    for (size_t n = 0; n < j->spec->batch; n++)
      for (size_t start = 0; start < area; start += PLANE_BLOCK) {
        size_t offset = (n * channels + c) * area + start, count = smaller(PLANE_BLOCK, area - start);
        if (j->dy) plane_products(j->x + offset, j->dy + offset, j->shift[c], count, &s, &q);
        else plane_moments(j->x + offset, j->shift[c], count, &s, &q);
      }
    j->sums[c] = s;
    j->sums[channels + c] = q;
  }
}

// Fills row 0 of the sums.
static void reduce(job *j) {
  size_t channels = j->spec->channels;
  if (!j->spec->channels_last) return ck_parallel_for(channels, 1, sum_planes, j);
  ck_parallel_for(j->threads, 1, sum_rows, j);
  for (size_t part = 1; part < j->threads; part++)
    for (size_t i = 0; i < 2 * channels; i++) j->sums[i] += j->sums[2 * part * channels + i];
}

// y may be x or dy: element i is read before it is written.
CK_DENSE_CLONES static void apply_row(const job *j, const float *x, const float *dy, float *y, size_t n) {
  const float *shift = j->shift, *a = j->a, *b = j->b, *c = j->c;
  if (dy) {
#pragma clang loop vectorize(assume_safety)
    for (size_t i = 0; i < n; i++) y[i] = dy[i] * a[i] + ((x[i] - shift[i]) * b[i] + c[i]);
  } else {
#pragma clang loop vectorize(assume_safety)
    for (size_t i = 0; i < n; i++) y[i] = (x[i] - shift[i]) * a[i] + b[i];
  }
}

CK_DENSE_CLONES static void apply_plane(const job *j, size_t channel, const float *x, const float *dy, float *y, size_t n) {
  const float shift = j->shift[channel], a = j->a[channel], b = j->b[channel];
  if (dy) {
    const float c = j->c[channel];
#pragma clang loop vectorize(assume_safety)
    for (size_t i = 0; i < n; i++) y[i] = dy[i] * a + ((x[i] - shift) * b + c);
  } else {
#pragma clang loop vectorize(assume_safety)
    for (size_t i = 0; i < n; i++) y[i] = (x[i] - shift) * a + b;
  }
}

static void apply_rows(void *context, size_t begin, size_t end) {
  const job *j = context;
  size_t channels = j->spec->channels;
  for (size_t row = begin; row < end; row++) {
    size_t offset = row * channels;
    apply_row(j, j->x + offset, j->dy ? j->dy + offset : NULL, j->y + offset, channels);
  }
}

static void apply_planes(void *context, size_t begin, size_t end) {
  const job *j = context;
  size_t area = j->spec->area;
  for (size_t plane = begin; plane < end; plane++) {
    size_t offset = plane * area;
    apply_plane(j, plane % j->spec->channels, j->x + offset, j->dy ? j->dy + offset : NULL, j->y + offset, area);
  }
}

static void apply(job *j) {
  const ck_batchnorm_spec *s = j->spec;
  if (s->channels_last) ck_parallel_for(s->batch * s->area, BLOCK, apply_rows, j);
  else ck_parallel_for(s->batch * s->channels, 1, apply_planes, j);
}

void ck_batchnorm_inference(
    const ck_batchnorm_spec *spec, const float *x, const float *scale, const float *bias, const float *mean,
    const float *variance, float epsilon, float *y, void *workspace) {
  job j = {.spec = spec, .x = x, .y = y, .shift = mean, .b = bias};
  float *a;
  bind(&j, workspace, &a);
  for (size_t c = 0; c < spec->channels; c++)
    a[c] = (float)((double)scale[c] / sqrt((double)variance[c] + (double)epsilon));
  j.a = a;
  apply(&j);
}

void ck_batchnorm_training(
    const ck_batchnorm_spec *spec, const float *x, const float *scale, const float *bias, const float *running_mean,
    const float *running_variance, float epsilon, float momentum, float *y, float *saved_mean, float *saved_inv_std,
    float *new_mean, float *new_variance, void *workspace) {
  job j = {.spec = spec, .x = x, .y = y};
  float *vectors;
  bind(&j, workspace, &vectors);
  size_t channels = spec->channels;
  // The first value of each channel: close enough to the mean that squares of differences do not cancel.
  float *shift = vectors, *a = vectors + channels;
  for (size_t c = 0; c < channels; c++) shift[c] = x[spec->channels_last ? c : c * spec->area];
  j.shift = shift;
  reduce(&j);
  double count = (double)(spec->batch * spec->area);
  for (size_t c = 0; c < channels; c++) {
    double offset = j.sums[c] / count;
    double variance = fmax(j.sums[channels + c] / count - offset * offset, 0);
    double mean = (double)shift[c] + offset, inv_std = 1 / sqrt(variance + (double)epsilon);
    saved_mean[c] = (float)mean;
    saved_inv_std[c] = (float)inv_std;
    new_mean[c] = (float)((1 - (double)momentum) * (double)running_mean[c] + (double)momentum * mean);
    new_variance[c] = (float)(
        (1 - (double)momentum) * (double)running_variance[c] + (double)momentum * variance * (count / (count - 1)));
    a[c] = (float)((double)scale[c] * inv_std);
  }
  j.shift = saved_mean;
  j.a = a;
  j.b = bias;
  apply(&j);
}

void ck_batchnorm_gradient(
    const ck_batchnorm_spec *spec, const float *x, const float *scale, const float *saved_mean,
    const float *saved_inv_std, const float *dy, float *dx, float *dscale, float *dbias, void *workspace) {
  job j = {.spec = spec, .x = x, .dy = dy, .y = dx, .shift = saved_mean};
  float *a;
  bind(&j, workspace, &a);
  size_t channels = spec->channels;
  float *b = a + channels, *c = b + channels;
  reduce(&j);
  double count = (double)(spec->batch * spec->area);
  for (size_t i = 0; i < channels; i++) {
    double inv_std = (double)saved_inv_std[i], slope = (double)scale[i] * inv_std;
    double sum = j.sums[i], moment = j.sums[channels + i] * inv_std;
    dbias[i] = (float)sum;
    dscale[i] = (float)moment;
    a[i] = (float)slope;
    b[i] = (float)(-slope * moment * inv_std / count);
    c[i] = (float)(-slope * sum / count);
  }
  j.a = a;
  j.b = b;
  j.c = c;
  apply(&j);
}
