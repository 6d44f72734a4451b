#include "ck_depthwise.h"

#include <string.h>

#include "ck_bf16_tile.h"
#include "ck_cpu.h"
#include "ck_depthwise_strip.h"
#include "ck_depthwise_vector.h"
#include "ck_threads.h"

// Columns of the result that are computed together.
enum { COLUMNS = 16 };

size_t ck_depthwise_packed_count(size_t channels, size_t taps) { return padded(channels) * taps; }

void ck_depthwise_pack(const void *w, size_t channels, size_t taps, bool rounded, float *packed) {
  const char *from = w;
  for (size_t tap = 0; tap < taps; tap++, packed += padded(channels)) {
    memset(packed + channels, 0, (padded(channels) - channels) * sizeof *packed);
    for (size_t c = 0; c < channels; c++) {
      float value;
      memcpy(&value, from + (c * taps + tap) * sizeof value, sizeof value);
      packed[c] = rounded ? ck_bf16_value(ck_bf16_rounded(value)) : value;
    }
  }
}

#if defined(__x86_64__)

bool ck_depthwise_available(void) { return ck_cpu_level() >= 4; }

// Up to COLUMNS neighbours of a row of the result.
typedef struct {
  const ck_depthwise *spec;
  // The first row of x under the kernel and its weights, and how many rows there are: taps along depth and height. Channel 0.
  const char *x;
  const float *w;
  size_t depth_taps, height_taps;
  const float *bias;
  // Channel 0 of the first column.
  const char *residual;
  char *y;
  // Columns that there are, and the column of x under the first tap of the first one; it may lie before the row.
  size_t columns;
  ptrdiff_t start;
  // Channels to compute.
  size_t first, last;
  // There is nothing to do to the sums, and y has the type of x.
  bool is_plain;
  // The rows of x that the next row of the result will be the first to read: where they are, and how many.
  const char *next;
  size_t next_rows;
} block;

// Residual, activation and the way to y for one vector of channels of every column.
TARGET static void finish(const block *b, __m512 *sums, size_t channel, __mmask16 lanes) {
  const ck_depthwise *s = b->spec;
  if (b->residual)
    for (size_t t = 0; t < b->columns; t++) {
      __m512 other = load_lanes(b->residual, t * s->channels + channel, s->residual_is_bf16, lanes);
      sums[t] = _mm512_add_ps(sums[t], other);
    }
  activate(sums, b->columns, s->activation);
  for (size_t t = 0; t < b->columns; t++) store_lanes(b->y, t * s->channels + channel, s->y_is_bf16, lanes, sums[t]);
}

INLINE void end(
    const int width, const int is_inside, const int is_bf16, const block *b, const __m512 *sums, size_t channel,
    __mmask16 lanes) {
  // The usual case, without a way through memory.
  if (is_inside && b->is_plain) {
    char *y = b->y + channel * (is_bf16 ? 2 : 4);
    UNROLL for (int t = 0; t < width; t++) store_lanes(y, (size_t)t * b->spec->channels, is_bf16, 0xFFFF, sums[t]);
    return;
  }
  __m512 values[COLUMNS];
  UNROLL for (int t = 0; t < width; t++) values[t] = sums[t];
  finish(b, values, channel, lanes);
}

INLINE void begin(const int width, const block *b, __m512 *sums, size_t channel, __mmask16 lanes) {
  __m512 bias = b->bias ? _mm512_maskz_loadu_ps(lanes, b->bias + channel) : _mm512_setzero_ps();
  UNROLL for (int t = 0; t < width; t++) sums[t] = bias;
}

// Kernels of `taps` neighbours: every x is read once a row and goes to all columns that it is part of. `is_inside` says that
// all columns of x exist, those of the result too, and all channels of the last vector.
INLINE void tile(
    const int width, const int taps, const int stride, const int is_inside, const int is_bf16, const block *b, size_t first,
    size_t last) {
  const ck_depthwise *s = b->spec;
  const size_t size = is_bf16 ? 2 : 4, channels = padded(s->channels);
  const size_t height_step = s->dilations[1] * s->in[2] * s->channels * size;
  const size_t depth_step = s->dilations[0] * s->in[1] * s->in[2] * s->channels * size;
  // Columns go in parts that take turns, so that there are sums to add to while others are under way.
  const int part = width == COLUMNS && taps > 3 ? 8 : 4;
  enum { MOST = (COLUMNS - 1) * 2 + 7 };
  size_t places[MOST];
  __mmask16 masks[MOST];
  for (int i = 0; i < (width - 1) * stride + taps && !is_inside; i++) {
    ptrdiff_t column = b->start + i;
    bool exists = column >= 0 && column < (ptrdiff_t)s->in[2];
    masks[i] = exists ? 0xFFFF : 0;
    places[i] = exists ? (size_t)column * s->channels : 0;
  }
  for (size_t channel = first; channel < last; channel += LANES) {
    const __mmask16 lanes = is_inside || last - channel >= LANES ? 0xFFFF : (__mmask16)((1u << (last - channel)) - 1);
    __m512 sums[COLUMNS];
    begin(width, b, sums, channel, lanes);
    for (size_t r = 0; r < b->next_rows; r++) {
      const char *next = b->next + (r * s->in[2] * s->channels + channel) * size;
      UNROLL for (int i = 0; i < width * stride; i++) _mm_prefetch(next + (size_t)i * s->channels * size, _MM_HINT_T1);
    }
    for (size_t d = 0; d < b->depth_taps; d++)
      for (size_t h = 0; h < b->height_taps; h++) {
        const char *row = b->x + d * depth_step + h * height_step;
        const float *weights = b->w + (d * s->kernel[1] + h) * (size_t)taps * channels + channel;
        __m512 w[7];
        UNROLL for (int k = 0; k < taps; k++) w[k] = _mm512_loadu_ps(weights + (size_t)k * channels);
        if (is_inside) row += (size_t)b->start * s->channels * size;
        UNROLL for (int i = 0; i < (part - 1) * stride + taps; i++)
          UNROLL for (int p = 0; p < width / part; p++) {
            const int column = p * part * stride + i;
            __m512 x = is_inside ? load_lanes(row, (size_t)column * s->channels + channel, is_bf16, 0xFFFF)
                                 : load_lanes(row, places[column] + channel, is_bf16, masks[column] & lanes);
            UNROLL for (int t = 0; t < part; t++)
              if (i >= t * stride && i < t * stride + taps)
                sums[p * part + t] = _mm512_fmadd_ps(x, w[i - t * stride], sums[p * part + t]);
          }
      }
    end(width, is_inside, is_bf16, b, sums, channel, lanes);
  }
}

// Any kernel.
INLINE void any_tile(const int width, const int is_bf16, const block *b, size_t first, size_t last) {
  const ck_depthwise *s = b->spec;
  const size_t size = is_bf16 ? 2 : 4, channels = padded(s->channels);
  for (size_t channel = first; channel < last; channel += LANES) {
    const __mmask16 lanes = last - channel >= LANES ? 0xFFFF : (__mmask16)((1u << (last - channel)) - 1);
    __m512 sums[COLUMNS];
    begin(width, b, sums, channel, lanes);
    for (size_t d = 0; d < b->depth_taps; d++)
      for (size_t h = 0; h < b->height_taps; h++) {
        const char *row = b->x + (d * s->dilations[0] * s->in[1] + h * s->dilations[1]) * s->in[2] * s->channels * size;
        const float *weights = b->w + (d * s->kernel[1] + h) * s->kernel[2] * channels + channel;
        for (size_t k = 0; k < s->kernel[2]; k++) {
          __m512 w = _mm512_loadu_ps(weights + k * channels);
          UNROLL for (int t = 0; t < width; t++) {
            ptrdiff_t column = b->start + (ptrdiff_t)((size_t)t * s->strides[2] + k * s->dilations[2]);
            bool exists = column >= 0 && column < (ptrdiff_t)s->in[2];
            size_t place = (exists ? (size_t)column * s->channels : 0) + channel;
            sums[t] = _mm512_fmadd_ps(load_lanes(row, place, is_bf16, exists ? lanes : 0), w, sums[t]);
          }
        }
      }
    end(width, 0, is_bf16, b, sums, channel, lanes);
  }
}

typedef void block_function(const block *b);

// The functions for blocks of a width. Whole vectors of channels inside of x go through the quick variant.
#define BLOCK(name, width, taps, stride, is_bf16)                                                                  \
  TARGET static void name(const block *b) {                                                                       \
    const ck_depthwise *s = b->spec;                                                                              \
    bool is_inside = b->columns == width && b->start >= 0 &&                                                      \
                     (size_t)b->start + (width - 1) * stride + taps <= s->in[2];                                  \
    size_t whole = is_inside ? b->first + (b->last - b->first) / LANES * LANES : b->first;                        \
    tile(width, taps, stride, 1, is_bf16, b, b->first, whole);                                                    \
    tile(width, taps, stride, 0, is_bf16, b, whole, b->last);                                                     \
  }
#define ANY_BLOCK(name, width, is_bf16) \
  TARGET static void name(const block *b) { any_tile(width, is_bf16, b, b->first, b->last); }

#define WIDTHS(name, taps, stride, is_bf16)                                                        \
  BLOCK(name##_4, 4, taps, stride, is_bf16)                                                        \
  BLOCK(name##_8, 8, taps, stride, is_bf16)                                                        \
  BLOCK(name##_12, 12, taps, stride, is_bf16)                                                      \
  BLOCK(name##_16, 16, taps, stride, is_bf16)                                                      \
  static block_function *const name[] = {name##_4, name##_8, name##_12, name##_16};

#define TYPES(name, taps, stride) WIDTHS(name##_float, taps, stride, 0) WIDTHS(name##_bf16, taps, stride, 1)

TYPES(three, 3, 1)
TYPES(three_apart, 3, 2)
TYPES(five, 5, 1)
TYPES(five_apart, 5, 2)
TYPES(seven, 7, 1)
ANY_BLOCK(any_float_8, 8, 0)
ANY_BLOCK(any_bf16_8, 8, 1)

// The functions for blocks of 4, 8, 12 and 16 columns; NULL for kernels that none is written for.
static block_function *const *functions(const ck_depthwise *s) {
  size_t taps = s->kernel[2], stride = s->strides[2];
  if (s->dilations[2] != 1 || stride > 2) return NULL;
#define CHOICE(name) (s->x_is_bf16 ? name##_bf16 : name##_float)
  if (taps == 3) return stride == 1 ? CHOICE(three) : CHOICE(three_apart);
  if (taps == 5) return stride == 1 ? CHOICE(five) : CHOICE(five_apart);
  return taps == 7 && stride == 1 ? CHOICE(seven) : NULL;
}

// The taps along an axis that lie in x at a place of the result: how many, the first one, and what it reads.
typedef struct {
  size_t count, first, place;
} axis_taps;

static axis_taps taps_at(const ck_depthwise *s, int axis, size_t position) {
  ptrdiff_t start = (ptrdiff_t)(position * s->strides[axis]) - (ptrdiff_t)s->before[axis];
  ptrdiff_t step = (ptrdiff_t)s->dilations[axis], size = (ptrdiff_t)s->in[axis];
  size_t first = start < 0 ? (size_t)((-start + step - 1) / step) : 0;
  size_t end = size > start ? smaller((size_t)((size - start + step - 1) / step), s->kernel[axis]) : 0;
  if (first >= end) return (axis_taps){0, 0, 0};
  return (axis_taps){end - first, first, (size_t)(start + (ptrdiff_t)first * step)};
}

typedef struct {
  const ck_depthwise *spec;
  const char *x;
  const float *packed, *bias;
  const char *residual;
  char *y;
} job;

// Bytes of x and w that stay in the second-level cache from one row of the result to the next.
enum { CACHED = 384 << 10 };

// Channels that are computed from the first row of the result to the last before the next ones are.
static size_t channels_at_once(const ck_depthwise *s) {
  size_t rows = s->kernel[0] * s->kernel[1];
  size_t bytes = rows * s->in[2] * (s->x_is_bf16 ? 2 : 4) + rows * s->kernel[2] * sizeof(float);
  size_t vectors = ceiling(s->channels, LANES), most = CACHED / (bytes * LANES);
  return LANES * ceiling(vectors, ceiling(vectors, most ? most : 1));
}

// A row of the result, of all images, depth and height.
static void run_row(const job *j, size_t row, size_t first_channel, size_t last_channel) {
  const ck_depthwise *s = j->spec;
  const size_t x_size = s->x_is_bf16 ? 2 : 4, y_size = s->y_is_bf16 ? 2 : 4, residual_size = s->residual_is_bf16 ? 2 : 4;
  block_function *const *quick = functions(s);
  const size_t units = quick ? ceiling(s->out[2], 4) : 2 * ceiling(s->out[2], 8);
  const size_t blocks = quick ? ceiling(units, COLUMNS / 4) : units / 2;
  size_t image = row / (s->out[0] * s->out[1]);
  axis_taps depth = taps_at(s, 0, row / s->out[1] % s->out[0]), height = taps_at(s, 1, row % s->out[1]);
  size_t line = (image * s->in[0] + depth.place) * s->in[1] + height.place;
  size_t tap = (depth.first * s->kernel[1] + height.first) * s->kernel[2];
  block b = {s, j->x + line * s->in[2] * s->channels * x_size, j->packed + tap * padded(s->channels), depth.count,
             height.count, j->bias, NULL, NULL, 0, 0, first_channel, last_channel, 0, 0, 0};
  b.is_plain = !j->residual && s->activation == CK_ACTIVATION_NONE && s->y_is_bf16 == s->x_is_bf16;
  for (size_t i = 0; i < blocks; i++) {
    size_t first = units * i / blocks * 4, width = units * (i + 1) / blocks * 4 - first;
    size_t place = (row * s->out[2] + first) * s->channels;
    b.columns = smaller(width, s->out[2] - first);
    b.start = (ptrdiff_t)(first * s->strides[2]) - (ptrdiff_t)s->before[2];
    b.residual = j->residual ? j->residual + place * residual_size : NULL;
    b.y = j->y + place * y_size;
    b.next = b.x + (height.count * s->in[2] + first * s->strides[2]) * s->channels * x_size;
    b.next_rows = s->strides[1];
    if (quick)
      quick[width / 4 - 1](&b);
    else if (s->x_is_bf16)
      any_bf16_8(&b);
    else
      any_float_8(&b);
  }
}

static void run_rows(void *context, size_t begin, size_t end) {
  const job *j = context;
  size_t channels = j->spec->channels, step = channels_at_once(j->spec);
  for (size_t channel = 0; channel < channels; channel += step)
    for (size_t row = begin; row < end; row++) run_row(j, row, channel, smaller(channel + step, channels));
}

void ck_depthwise_run(
    const ck_depthwise *spec, const void *x, const float *packed, const float *bias, const void *residual, void *y) {
  if (ck_depthwise_has_strips(spec)) {
    ck_depthwise_run_strips(spec, x, packed, bias, residual, y);
    return;
  }
  job j = {spec, x, packed, bias, residual, y};
  ck_parallel_for(spec->batch * spec->out[0] * spec->out[1], 1, run_rows, &j);
}

#else

bool ck_depthwise_available(void) { return false; }

void ck_depthwise_run(
    const ck_depthwise *spec, const void *x, const float *packed, const float *bias, const void *residual, void *y) {
  (void)spec, (void)x, (void)packed, (void)bias, (void)residual, (void)y;
}

#endif
