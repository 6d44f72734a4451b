#include "ck_depthwise_strip.h"

#include "ck_threads.h"

bool ck_depthwise_has_strips(const ck_depthwise *s) {
  // Planes of a volume count as images where the kernel is flat.
  bool is_flat = s->kernel[0] == 1 && s->strides[0] == 1 && s->before[0] == 0 && s->in[0] == s->out[0];
  bool is_square = s->kernel[1] == s->kernel[2] && s->strides[1] == s->strides[2] && s->dilations[1] == 1 && s->dilations[2] == 1;
  return is_flat && is_square && (s->kernel[1] == 3 || s->kernel[1] == 5) && (s->strides[1] == 1 || s->strides[1] == 2);
}

#if defined(__x86_64__)

#include "ck_depthwise_vector.h"

typedef struct {
  const ck_depthwise *spec;
  const char *x;
  const float *packed, *bias;
  const char *residual;
  char *y;
  // Channels that are computed for a strip before the next one begins, and how many such parts there are.
  size_t part, parts;
  // Strips of an image.
  size_t strips;
} job;

// What a strip reads and writes, at channel 0.
typedef struct {
  const job *j;
  // The first row of x under the kernel, which may lie above the image, and the rows that exist, a bit for each.
  const char *x;
  uint32_t present;
  // Element of y where the strip begins.
  size_t place;
  // Channels to compute.
  size_t first, last;
} strip;

// Residual, activation and the way to y for one column of `rows` results.
TARGET __attribute__((noinline)) static void finish(
    const strip *b, __m512 *sums, size_t rows, size_t column, size_t channel, __mmask16 lanes) {
  const ck_depthwise *s = b->j->spec;
  for (size_t o = 0; o < rows; o++) {
    const size_t place = b->place + (o * s->out[2] + column) * s->channels + channel;
    __m512 value = sums[o];
    if (b->j->residual) value = _mm512_add_ps(value, load_lanes(b->j->residual, place, s->residual_is_bf16, lanes));
    activate(&value, 1, s->activation);
    store_lanes(b->j->y, place, s->y_is_bf16, lanes, value);
  }
}

// A strip of `rows` rows. Column t of the result is complete after step t, which takes in `stride` columns of x; results of
// `live` columns are under way at a time, and change places in turn. `is_whole` says that all rows of x exist.
INLINE void run_strip(const int taps, const int stride, const int rows, const int is_bf16, const int is_whole, const strip *b) {
  enum { MOST = 5 };
  const ck_depthwise *s = b->j->spec;
  const size_t size = is_bf16 ? 2 : 4, channels = padded(s->channels), step = s->channels * size;
  const ptrdiff_t row_step = (ptrdiff_t)(s->in[2] * step), y_step = (ptrdiff_t)(s->out[2] * step);
  const ptrdiff_t width = (ptrdiff_t)s->in[2], columns = (ptrdiff_t)s->out[2];
  const int live = (taps - 1) / stride + 1, height = (rows - 1) * stride + taps;
  const bool is_silu = s->activation == CK_ACTIVATION_SILU && !b->j->residual && s->y_is_bf16 == is_bf16;
  const bool is_plain = s->activation == CK_ACTIVATION_NONE && !b->j->residual && s->y_is_bf16 == is_bf16;
  const uint32_t present = b->present;
  for (size_t channel = b->first; channel < b->last; channel += LANES) {
    const __mmask16 lanes = b->last - channel >= LANES ? 0xFFFF : (__mmask16)((1u << (b->last - channel)) - 1);
    const float *weights = b->j->packed + channel;
    __m512 w[MOST][MOST], sums[MOST][MOST];
    UNROLL for (int h = 0; h < taps; h++)
      UNROLL for (int k = 0; k < taps; k++) w[h][k] = _mm512_loadu_ps(weights + (size_t)(h * taps + k) * channels);
    const __m512 bias = b->j->bias ? _mm512_maskz_loadu_ps(lanes, b->j->bias + channel) : _mm512_setzero_ps();
    UNROLL for (int o = 0; o < rows; o++) UNROLL for (int d = 0; d < live; d++) sums[o][d] = bias;
    const char *x = b->x + channel * size;
    char *y = b->j->y + (b->place + channel) * size;
    for (ptrdiff_t first = 1 - live; first < columns; first += live)
      UNROLL for (int p = 0; p < live; p++) {
        const ptrdiff_t t = first + p;
        if (t >= columns) break;
        UNROLL for (int o = 0; o < rows; o++) sums[o][(p + live - 1) % live] = bias;
        UNROLL for (int i = 0; i < stride; i++) {
          const ptrdiff_t column = t * stride - (ptrdiff_t)s->before[2] + taps - stride + i;
          if (column < 0 || column >= width) continue;
          const char *from = x + column * (ptrdiff_t)step;
          UNROLL for (int r = 0; r < height; r++) {
            if (!is_whole && !(present >> r & 1)) continue;
            const __m512 value = load_lanes(from + r * row_step, 0, is_bf16, lanes);
            UNROLL for (int o = 0; o < rows; o++)
              if (r >= o * stride && r < o * stride + taps)
                UNROLL for (int d = 0; d < live; d++) {
                  const int k = taps - stride + i - d * stride;
                  if (k < 0) continue;
                  const int slot = (p + d) % live;
                  sums[o][slot] = _mm512_fmadd_ps(value, w[r - o * stride][k], sums[o][slot]);
                }
          }
          // What the next strip will be the first to read.
          UNROLL for (int r = 0; r < rows * stride; r++) _mm_prefetch(from + (height + r) * row_step, _MM_HINT_T1);
        }
        if (t < 0) continue;
        __m512 done[MOST];
        UNROLL for (int o = 0; o < rows; o++) done[o] = sums[o][p];
        char *to = y + t * (ptrdiff_t)step;
        if (is_silu) {
          UNROLL for (int o = 0; o < rows; o++)
            store_lanes(to + o * y_step, 0, is_bf16, lanes, activated(done[o], CK_ACTIVATION_SILU));
        } else if (is_plain) {
          UNROLL for (int o = 0; o < rows; o++) store_lanes(to + o * y_step, 0, is_bf16, lanes, done[o]);
        } else {
          finish(b, done, (size_t)rows, (size_t)t, channel, lanes);
        }
      }
  }
}

typedef void strip_function(const strip *b);

// Functions for strips of one row and of more: as many as the registers hold results of.
typedef struct {
  size_t rows;
  strip_function *one, *more;
} strip_functions;

#define FUNCTION(name, taps, stride, rows, is_bf16)                               \
  TARGET static void name(const strip *b) {                                       \
    const uint32_t all = (1u << ((rows - 1) * stride + taps)) - 1;                \
    if ((b->present & all) == all)                                                \
      run_strip(taps, stride, rows, is_bf16, 1, b);                               \
    else                                                                          \
      run_strip(taps, stride, rows, is_bf16, 0, b);                               \
  }
#define FUNCTIONS(name, taps, stride, rows, is_bf16)     \
  FUNCTION(name##_one, taps, stride, 1, is_bf16)         \
  FUNCTION(name##_more, taps, stride, rows, is_bf16)     \
  static const strip_functions name = {rows, name##_one, name##_more};
#define TYPES(name, taps, stride, rows)           \
  FUNCTIONS(name##_float, taps, stride, rows, 0)  \
  FUNCTIONS(name##_bf16, taps, stride, rows, 1)

TYPES(three, 3, 1, 3)
TYPES(three_apart, 3, 2, 3)
TYPES(five, 5, 1, 2)
TYPES(five_apart, 5, 2, 2)

static const strip_functions *functions(const ck_depthwise *s) {
#define CHOICE(name) (s->x_is_bf16 ? &name##_bf16 : &name##_float)
  if (s->kernel[1] == 3) return s->strides[1] == 1 ? CHOICE(three) : CHOICE(three_apart);
  return s->strides[1] == 1 ? CHOICE(five) : CHOICE(five_apart);
}

// Strips from `begin` to `end` of all parts of the channels, all images.
static void run_strips(void *context, size_t begin, size_t end) {
  const job *j = context;
  const ck_depthwise *s = j->spec;
  const strip_functions *f = functions(s);
  const size_t size = s->x_is_bf16 ? 2 : 4, all = s->batch * s->in[0] * j->strips;
  for (size_t index = begin; index < end; index++) {
    const size_t part = index / all, image = index % all / j->strips, row = index % j->strips * f->rows;
    const ptrdiff_t top = (ptrdiff_t)(row * s->strides[1]) - (ptrdiff_t)s->before[1];
    strip b = {.j = j, .first = part * j->part, .last = smaller((part + 1) * j->part, s->channels)};
    for (size_t r = 0; r < 32; r++) {
      const ptrdiff_t place = top + (ptrdiff_t)r;
      if (place >= 0 && place < (ptrdiff_t)s->in[1]) b.present |= 1u << r;
    }
    b.x = j->x + ((ptrdiff_t)(image * s->in[1]) + top) * (ptrdiff_t)(s->in[2] * s->channels * size);
    b.place = (image * s->out[1] + row) * s->out[2] * s->channels;
    if (s->out[1] - row >= f->rows) {
      f->more(&b);
      continue;
    }
    for (size_t rest = row; rest < s->out[1]; rest++) {
      f->one(&b);
      b.x += s->strides[1] * s->in[2] * s->channels * size;
      b.present >>= s->strides[1];
      b.place += s->out[2] * s->channels;
    }
  }
}

void ck_depthwise_run_strips(
    const ck_depthwise *s, const void *x, const float *packed, const float *bias, const void *residual, void *y) {
  // Bytes of x that stay in the second-level cache from one strip to the next; strips and parts that threads can divide evenly.
  enum { CACHED = 384 << 10, ENOUGH = 48 };
  const strip_functions *f = functions(s);
  job j = {.spec = s, .x = x, .packed = packed, .bias = bias, .residual = residual, .y = y};
  j.strips = ceiling(s->out[1], f->rows);
  const size_t vectors = ceiling(s->channels, LANES), strips = s->batch * s->in[0] * j.strips;
  const size_t rows = (2 * f->rows - 1) * s->strides[1] + s->kernel[1];
  const size_t most = CACHED / (rows * s->in[2] * (s->x_is_bf16 ? 2 : 4) * LANES);
  size_t parts = ceiling(vectors, most ? most : 1);
  if (strips > 0 && parts * strips < ENOUGH) parts = smaller(vectors, ceiling(ENOUGH, strips));
  j.part = ceiling(vectors, parts ? parts : 1) * LANES;
  j.parts = ceiling(s->channels, j.part ? j.part : 1);
  ck_parallel_for(j.parts * strips, 1, run_strips, &j);
}

#endif
