#include <math.h>
#include <string.h>

#include "ck_bf16_tile.h"
#include "ck_dense.h"
#include "ck_dense_epilogue.h"
#include "ck_threads.h"

// Channels are worked on in runs of this many, so that what is kept per channel fits on the stack.
enum { CHANNELS = 64 };

typedef struct {
  const ck_pool_spec *spec;
  const float *x, *dy;
  float *y;
  // x and y of the forward direction are bfloat16 where the pool says so.
  const uint16_t *narrow_x;
  uint16_t *narrow_y;
} job;

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static size_t volume(const size_t *sizes) { return sizes[0] * sizes[1] * sizes[2]; }

// The taps of the window at output position `position` that fall inside the input along one axis, as a range.
static void taps(const ck_pool_spec *s, int axis, size_t position, size_t *begin, size_t *end) {
  ptrdiff_t start = (ptrdiff_t)(position * s->strides[axis]) - (ptrdiff_t)s->before[axis];
  ptrdiff_t step = (ptrdiff_t)s->dilations[axis], size = (ptrdiff_t)s->in[axis];
  ptrdiff_t first = start < 0 ? (-start + step - 1) / step : 0;
  ptrdiff_t last = size > start ? (size - start + step - 1) / step : 0;
  *begin = (size_t)first;
  *end = smaller((size_t)last, s->kernel[axis]);
}

// The taps of one window and where its tap 0 lies.
typedef struct {
  size_t begin[3], end[3];
  ptrdiff_t start[3];
} window;

static void locate(const ck_pool_spec *s, size_t d, size_t h, size_t w, window *result) {
  const size_t position[3] = {d, h, w};
  for (int axis = 0; axis < 3; axis++) {
    taps(s, axis, position[axis], &result->begin[axis], &result->end[axis]);
    result->start[axis] = (ptrdiff_t)(position[axis] * s->strides[axis]) - (ptrdiff_t)s->before[axis];
  }
}

// The input position (without batch and channel) that a tap reads.
static size_t place(const ck_pool_spec *s, const window *v, size_t kd, size_t kh, size_t kw) {
  size_t d = (size_t)(v->start[0] + (ptrdiff_t)(kd * s->dilations[0]));
  size_t h = (size_t)(v->start[1] + (ptrdiff_t)(kh * s->dilations[1]));
  size_t w = (size_t)(v->start[2] + (ptrdiff_t)(kw * s->dilations[2]));
  return (d * s->in[1] + h) * s->in[2] + w;
}

// 1 / the number of positions that an average counts.
static float share(const ck_pool_spec *s, const window *v) {
  double count = 1;
  for (int axis = 0; axis < 3; axis++) {
    size_t n = v->end[axis] > v->begin[axis] ? v->end[axis] - v->begin[axis] : 0;
    if (s->count_include_pad) {
      ptrdiff_t room = (ptrdiff_t)(s->in[axis] + s->after[axis]) - v->start[axis], step = (ptrdiff_t)s->dilations[axis];
      n = smaller(s->kernel[axis], room > 0 ? (size_t)((room + step - 1) / step) : 0);
    }
    count *= (double)n;
  }
  return (float)(1 / count);
}

#define EACH_TAP(v)                                              \
  for (size_t kd = (v).begin[0]; kd < (v).end[0]; kd++)          \
    for (size_t kh = (v).begin[1]; kh < (v).end[1]; kh++)        \
      for (size_t kw = (v).begin[2]; kw < (v).end[2]; kw++)

CK_DENSE_CLONES static void take_larger(float *restrict y, const float *restrict x, size_t n) {
#pragma clang loop vectorize(enable)
  for (size_t i = 0; i < n; i++) y[i] = ((x[i] > y[i]) | (x[i] != x[i])) ? x[i] : y[i];
}

CK_DENSE_CLONES static void take_larger_narrow(float *restrict y, const uint16_t *restrict x, size_t n) {
#pragma clang loop vectorize(enable)
  for (size_t i = 0; i < n; i++) {
    float value = ck_bf16_value(x[i]);
    y[i] = ((value > y[i]) | (value != value)) ? value : y[i];
  }
}

CK_DENSE_CLONES static void add_narrow(float *restrict y, const uint16_t *restrict x, size_t n) {
#pragma clang loop vectorize(enable)
  for (size_t i = 0; i < n; i++) y[i] += ck_bf16_value(x[i]);
}

// y = x * factor as bfloat16.
CK_DENSE_CLONES static void store_narrow(uint16_t *restrict y, const float *restrict x, float factor, size_t n) {
#pragma clang loop vectorize(enable)
  for (size_t i = 0; i < n; i++) y[i] = ck_bf16_rounded(x[i] * factor);
}

CK_DENSE_CLONES static void add(float *restrict y, const float *restrict x, size_t n) {
#pragma clang loop vectorize(enable)
  for (size_t i = 0; i < n; i++) y[i] += x[i];
}

CK_DENSE_CLONES static void add_scaled(float *restrict y, const float *restrict x, float factor, size_t n) {
#pragma clang loop vectorize(enable)
  for (size_t i = 0; i < n; i++) y[i] += factor * x[i];
}

CK_DENSE_CLONES static void scale(float *y, float factor, size_t n) {
#pragma clang loop vectorize(enable)
  for (size_t i = 0; i < n; i++) y[i] *= factor;
}

// best = the larger, with the place where it was first seen.
CK_DENSE_CLONES static void take_larger_place(
    float *restrict best, uint32_t *restrict where, const float *restrict x, uint32_t here, size_t n) {
#pragma clang loop vectorize(enable)
  for (size_t i = 0; i < n; i++) {
    int better = (x[i] > best[i]) | ((x[i] != x[i]) & (best[i] == best[i]));
    best[i] = better ? x[i] : best[i];
    where[i] = better ? here : where[i];
  }
}

static void clear(float *y, size_t n, float value) {
  for (size_t i = 0; i < n; i++) y[i] = value;
}

// Forward, channels last: one output row (along w) per step, over all channels of a position at once.
static void forward_last(const job *j, size_t begin, size_t end, int is_max) {
  const ck_pool_spec *s = j->spec;
  size_t c = s->channels;
  for (size_t row = begin; row < end; row++) {
    size_t n = row / (s->out[0] * s->out[1]), d = row / s->out[1] % s->out[0], h = row % s->out[1];
    const float *x = j->x + n * volume(s->in) * c;
    for (size_t w = 0; w < s->out[2]; w++) {
      float *y = j->y + (row * s->out[2] + w) * c;
      window v;
      locate(s, d, h, w, &v);
      clear(y, c, is_max ? -INFINITY : 0.0f);
      EACH_TAP(v) {
        const float *from = x + place(s, &v, kd, kh, kw) * c;
        if (is_max) take_larger(y, from, c); else add(y, from, c);
      }
      if (!is_max) scale(y, share(s, &v), c);
    }
  }
}

// The same for bfloat16, a run of channels after the other, which is kept as float32 meanwhile.
static void forward_narrow(const job *j, size_t begin, size_t end, int is_max) {
  const ck_pool_spec *s = j->spec;
  for (size_t row = begin; row < end; row++) {
    size_t n = row / (s->out[0] * s->out[1]), d = row / s->out[1] % s->out[0], h = row % s->out[1];
    const uint16_t *x = j->narrow_x + n * volume(s->in) * s->channels;
    for (size_t w = 0; w < s->out[2]; w++) {
      uint16_t *y = j->narrow_y + (row * s->out[2] + w) * s->channels;
      window v;
      locate(s, d, h, w, &v);
      for (size_t c = 0; c < s->channels; c += CHANNELS) {
        size_t count = smaller(CHANNELS, s->channels - c);
        float values[CHANNELS];
        clear(values, count, is_max ? -INFINITY : 0.0f);
        EACH_TAP(v) {
          const uint16_t *from = x + place(s, &v, kd, kh, kw) * s->channels + c;
          if (is_max) take_larger_narrow(values, from, count); else add_narrow(values, from, count);
        }
        store_narrow(y + c, values, is_max ? 1.0f : share(s, &v), count);
      }
    }
  }
}

// Forward, channels first: one plane of one channel per step.
static void forward_first(const job *j, size_t begin, size_t end, int is_max) {
  const ck_pool_spec *s = j->spec;
  for (size_t plane = begin; plane < end; plane++) {
    const float *x = j->x + plane * volume(s->in);
    float *y = j->y + plane * volume(s->out);
    for (size_t d = 0; d < s->out[0]; d++)
      for (size_t h = 0; h < s->out[1]; h++)
        for (size_t w = 0; w < s->out[2]; w++) {
          window v;
          locate(s, d, h, w, &v);
          float value = is_max ? -INFINITY : 0.0f;
          EACH_TAP(v) {
            float from = x[place(s, &v, kd, kh, kw)];
            value = !is_max ? value + from : from > value || from != from ? from : value;
          }
          *y++ = is_max ? value : value * share(s, &v);
        }
  }
}

static void max_last(void *context, size_t begin, size_t end) { forward_last(context, begin, end, 1); }
static void max_first(void *context, size_t begin, size_t end) { forward_first(context, begin, end, 1); }
static void average_last(void *context, size_t begin, size_t end) { forward_last(context, begin, end, 0); }
static void average_first(void *context, size_t begin, size_t end) { forward_first(context, begin, end, 0); }

static void max_narrow(void *context, size_t begin, size_t end) { forward_narrow(context, begin, end, 1); }
static void average_narrow(void *context, size_t begin, size_t end) { forward_narrow(context, begin, end, 0); }

static void forward(const job *j, void (*last)(void *, size_t, size_t), void (*first)(void *, size_t, size_t)) {
  const ck_pool_spec *s = j->spec;
  size_t count = s->channels_last ? s->batch * s->out[0] * s->out[1] : s->batch * s->channels;
  ck_parallel_for(count, 1, s->channels_last ? last : first, (void *)j);
}

void ck_max_pool(const ck_pool_spec *spec, const float *x, float *y) {
  job j = {.spec = spec, .x = x, .y = y};
  forward(&j, max_last, max_first);
}

void ck_average_pool(const ck_pool_spec *spec, const float *x, float *y) {
  job j = {.spec = spec, .x = x, .y = y};
  forward(&j, average_last, average_first);
}

void ck_max_pool_bf16(const ck_pool_spec *spec, const uint16_t *x, uint16_t *y) {
  job j = {.spec = spec, .narrow_x = x, .narrow_y = y};
  forward(&j, max_narrow, max_narrow);
}

void ck_average_pool_bf16(const ck_pool_spec *spec, const uint16_t *x, uint16_t *y) {
  job j = {.spec = spec, .narrow_x = x, .narrow_y = y};
  forward(&j, average_narrow, average_narrow);
}

// Windows overlap, so a gradient is one thread's work per image and run of channels (or per plane).
static size_t runs(const ck_pool_spec *s) { return (s->channels + CHANNELS - 1) / CHANNELS; }

// A run of channels of one image: where it begins and how far apart positions lie.
typedef struct {
  size_t x, y, stride, count;
} slice;

static slice locate_slice(const ck_pool_spec *s, size_t index) {
  if (!s->channels_last) return (slice){index * volume(s->in), index * volume(s->out), 1, 1};
  size_t n = index / runs(s), c = index % runs(s) * CHANNELS;
  return (slice){n * volume(s->in) * s->channels + c, n * volume(s->out) * s->channels + c, s->channels,
                 smaller(CHANNELS, s->channels - c)};
}

static void clear_slice(const job *j, const slice *part) {
  size_t positions = volume(j->spec->in);
  if (part->stride == 1) return clear(j->y + part->x, positions, 0);
  for (size_t i = 0; i < positions; i++) clear(j->y + part->x + i * part->stride, part->count, 0);
}

static void max_window_gradient(const job *j, const slice *part, const window *v, const float *dy) {
  const ck_pool_spec *s = j->spec;
  float best[CHANNELS];
  uint32_t where[CHANNELS];
  int is_first = 1;
  EACH_TAP(*v) {
    size_t here = place(s, v, kd, kh, kw);
    const float *x = j->x + part->x + here * part->stride;
    if (is_first) {
      memcpy(best, x, part->count * sizeof(float));
      for (size_t c = 0; c < part->count; c++) where[c] = (uint32_t)here;
      is_first = 0;
    } else {
      take_larger_place(best, where, x, (uint32_t)here, part->count);
    }
  }
  if (is_first) return;
  for (size_t c = 0; c < part->count; c++) j->y[part->x + where[c] * part->stride + c] += dy[c];
}

static void average_window_gradient(const job *j, const slice *part, const window *v, const float *dy) {
  float factor = share(j->spec, v);
  EACH_TAP(*v) add_scaled(j->y + part->x + place(j->spec, v, kd, kh, kw) * part->stride, dy, factor, part->count);
}

static void backward(const job *j, size_t begin, size_t end, int is_max) {
  const ck_pool_spec *s = j->spec;
  for (size_t index = begin; index < end; index++) {
    slice part = locate_slice(s, index);
    clear_slice(j, &part);
    size_t position = 0;
    for (size_t d = 0; d < s->out[0]; d++)
      for (size_t h = 0; h < s->out[1]; h++)
        for (size_t w = 0; w < s->out[2]; w++, position++) {
          window v;
          locate(s, d, h, w, &v);
          const float *dy = j->dy + part.y + position * part.stride;
          if (is_max) max_window_gradient(j, &part, &v, dy); else average_window_gradient(j, &part, &v, dy);
        }
  }
}

static void max_backward(void *context, size_t begin, size_t end) { backward(context, begin, end, 1); }
static void average_backward(void *context, size_t begin, size_t end) { backward(context, begin, end, 0); }

static size_t slices(const ck_pool_spec *s) { return s->batch * (s->channels_last ? runs(s) : s->channels); }

void ck_max_pool_gradient(const ck_pool_spec *spec, const float *x, const float *dy, float *dx) {
  job j = {.spec = spec, .x = x, .dy = dy, .y = dx};
  ck_parallel_for(slices(spec), 1, max_backward, &j);
}

void ck_average_pool_gradient(const ck_pool_spec *spec, const float *dy, float *dx) {
  job j = {.spec = spec, .dy = dy, .y = dx};
  ck_parallel_for(slices(spec), 1, average_backward, &j);
}

typedef struct {
  const float *x;
  float *y;
  size_t channels, area;
  // In place of x and y for bfloat16.
  const uint16_t *narrow_x;
  uint16_t *narrow_y;
  // Pieces of a picture that threads can divide, and the sums of each, [batch, pieces, channels].
  size_t pieces;
  double *sums;
} global_job;

// Positions are summed in float in runs of this many, and the runs in double. Pictures of MANY positions fall into PIECES.
enum { POSITIONS = 64, MANY = 1024, PIECES = 8 };

CK_DENSE_CLONES static void add_to_double(double *restrict y, const float *restrict x, size_t n) {
#pragma clang loop vectorize(enable)
  for (size_t i = 0; i < n; i++) y[i] += (double)x[i];
}

// The sums of pieces of pictures, a run of channels of each.
static void global_last(void *context, size_t begin, size_t end) {
  const global_job *j = context;
  size_t parts = (j->channels + CHANNELS - 1) / CHANNELS;
  for (size_t index = begin; index < end; index++) {
    size_t piece = index / parts, c = index % parts * CHANNELS, count = smaller(CHANNELS, j->channels - c);
    size_t n = piece / j->pieces, first = j->area * (piece % j->pieces) / j->pieces;
    size_t last = j->area * (piece % j->pieces + 1) / j->pieces;
    double *total = j->sums + piece * j->channels + c;
    memset(total, 0, count * sizeof *total);
    for (size_t start = first; start < last; start += POSITIONS) {
      float sum[CHANNELS] = {0};
      size_t stop = smaller(start + POSITIONS, last);
      for (size_t i = start; i < stop; i++) {
        size_t from = (n * j->area + i) * j->channels + c;
        if (j->narrow_x) add_narrow(sum, j->narrow_x + from, count); else add(sum, j->x + from, count);
      }
      add_to_double(total, sum, count);
    }
  }
}

CK_DENSE_CLONES static void add_doubles(double *restrict y, const double *restrict x, size_t n) {
#pragma clang loop vectorize(enable)
  for (size_t i = 0; i < n; i++) y[i] += x[i];
}

CK_DENSE_CLONES static void store_means(float *restrict y, const double *restrict sums, double area, size_t n) {
#pragma clang loop vectorize(enable)
  for (size_t i = 0; i < n; i++) y[i] = (float)(sums[i] / area);
}

CK_DENSE_CLONES static void store_narrow_means(uint16_t *restrict y, const double *restrict sums, double area, size_t n) {
#pragma clang loop vectorize(enable)
  for (size_t i = 0; i < n; i++) y[i] = ck_bf16_rounded((float)(sums[i] / area));
}

// The means, by the sums of all pieces.
static void join_pieces(const global_job *j, size_t batch) {
  const size_t channels = j->channels;
  for (size_t n = 0; n < batch; n++) {
    double *sums = j->sums + n * j->pieces * channels;
    for (size_t piece = 1; piece < j->pieces; piece++) add_doubles(sums, sums + piece * channels, channels);
    if (j->narrow_y)
      store_narrow_means(j->narrow_y + n * channels, sums, (double)j->area, channels);
    else
      store_means(j->y + n * channels, sums, (double)j->area, channels);
  }
}

static size_t pieces_of(size_t area) { return area < MANY ? 1 : PIECES; }

size_t ck_global_average_pool_workspace(size_t batch, size_t channels, size_t area) {
  return batch * pieces_of(area) * channels * sizeof(double);
}

// Channels last.
static void global_pool(global_job *j, size_t batch, void *workspace) {
  j->pieces = pieces_of(j->area);
  j->sums = workspace;
  ck_parallel_for(batch * j->pieces * ((j->channels + CHANNELS - 1) / CHANNELS), 1, global_last, j);
  join_pieces(j, batch);
}

CK_DENSE_CLONES static float sum_of(const float *x, size_t n) {
#pragma clang fp reassociate(on)
  float sum = 0;
#pragma clang loop vectorize(enable)
  for (size_t i = 0; i < n; i++) sum += x[i];
  return sum;
}

static void global_first(void *context, size_t begin, size_t end) {
  const global_job *j = context;
  for (size_t plane = begin; plane < end; plane++) {
    double total = 0;
    for (size_t start = 0; start < j->area; start += 1024)
      total += (double)sum_of(j->x + plane * j->area + start, smaller(1024, j->area - start));
    j->y[plane] = (float)(total / (double)j->area);
  }
}

void ck_global_average_pool(
    const float *x, float *y, size_t batch, size_t channels, size_t area, bool channels_last, void *workspace) {
  global_job j = {.x = x, .y = y, .channels = channels, .area = area};
  if (channels_last)
    global_pool(&j, batch, workspace);
  else
    ck_parallel_for(batch * channels, 1, global_first, &j);
}

typedef struct {
  const ck_pool_spec *spec;
  const uint8_t *x;
  uint8_t *y;
  // Turns the order of bytes into that of unsigned ones: 128 for signed bytes.
  uint8_t flip;
} byte_job;

CK_DENSE_CLONES static void take_larger_byte(uint8_t *restrict y, const uint8_t *restrict x, uint8_t flip, size_t n) {
#pragma clang loop vectorize(enable)
  for (size_t i = 0; i < n; i++) y[i] = (uint8_t)(x[i] ^ flip) > (uint8_t)(y[i] ^ flip) ? x[i] : y[i];
}

// One output row per step, as forward_last.
static void max_bytes(void *context, size_t begin, size_t end) {
  const byte_job *j = context;
  const ck_pool_spec *s = j->spec;
  size_t c = s->channels;
  for (size_t row = begin; row < end; row++) {
    size_t n = row / (s->out[0] * s->out[1]), d = row / s->out[1] % s->out[0], h = row % s->out[1];
    const uint8_t *x = j->x + n * volume(s->in) * c;
    for (size_t w = 0; w < s->out[2]; w++) {
      uint8_t *y = j->y + (row * s->out[2] + w) * c;
      window v;
      locate(s, d, h, w, &v);
      memset(y, j->flip, c);
      EACH_TAP(v) take_larger_byte(y, x + place(s, &v, kd, kh, kw) * c, j->flip, c);
    }
  }
}

void ck_max_pool_bytes(const ck_pool_spec *spec, bool is_signed, const void *x, void *y) {
  byte_job j = {spec, x, y, is_signed ? 128 : 0};
  ck_parallel_for(spec->batch * spec->out[0] * spec->out[1], 1, max_bytes, &j);
}

void ck_global_average_pool_bf16(
    const uint16_t *x, uint16_t *y, size_t batch, size_t channels, size_t area, void *workspace) {
  global_job j = {.channels = channels, .area = area, .narrow_x = x, .narrow_y = y};
  global_pool(&j, batch, workspace);
}
