#include "ck_resample.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "ck_rows_simd.h"
#include "ck_threads.h"

// A result row is made in two steps: rows of the input are joined into one (depth and height), whose elements are then
// joined into those of the result (width). A position of a channels-last row is `channels` neighbouring floats.

// What vectors may read behind the last element of a joined row.
enum { SLACK = 32 };

// What every output of an axis is: itself, a copy of one input, a sum of two neighbours, or something else.
typedef enum { UNCHANGED, PLAIN, PAIRS, MIXED } axis_form;

typedef struct {
  const ck_resample *plan;
  const float *x;
  float *y, *workspace;
  // Rows are of planes: images, or channels of images where these come first.
  size_t planes, channels, lane_size;
  // Of the width.
  axis_form form;
} job;

// The weights of one output that are not 0 at the ends, and the input of the first.
typedef struct {
  size_t start, count;
  const float *weights;
} tap_list;

static tap_list taps(const ck_resample_axis *axis, size_t index) {
  size_t begin = (size_t)axis->offsets[index], end = (size_t)axis->offsets[index + 1], start = (size_t)axis->starts[index];
  while (begin < end && axis->weights[begin] == 0) begin++, start++;
  while (begin < end && axis->weights[end - 1] == 0) end--;
  return (tap_list){start, end - begin, axis->weights + begin};
}

static size_t lane_size(const ck_resample *plan) {
  size_t channels = plan->channels_last ? plan->channels : 1;
  return (plan->axis[2].in * channels + SLACK + 15) / 16 * 16;
}

size_t ck_resample_workspace(const ck_resample *plan) { return plan->lanes * lane_size(plan) * sizeof(float); }

// y (+)= the sum of `count` (1...4) rows of n floats times their weights.
CK_INLINE void join(float *restrict y, const float *const rows[4], const float w[4], size_t count, size_t n, int adds) {
  const float *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
  const float wa = w[0], wb = w[1], wc = w[2], wd = w[3];
#define JOIN(sum)                                                   \
  if (adds) {                                                       \
    _Pragma("clang loop vectorize(enable)") for (size_t i = 0; i < n; i++) y[i] += (sum); \
  } else {                                                          \
    _Pragma("clang loop vectorize(enable)") for (size_t i = 0; i < n; i++) y[i] = (sum);  \
  }
  switch (count) {
    case 1: JOIN(wa * a[i]) break;
    case 2: JOIN(wa * a[i] + wb * b[i]) break;
    case 3: JOIN(wa * a[i] + wb * b[i] + wc * c[i]) break;
    default: JOIN((wa * a[i] + wb * b[i]) + (wc * c[i] + wd * d[i])) break;
  }
#undef JOIN
}

// The weighted sum of rows of n floats: those of `outer` taps `outer_stride` apart, each with `inner` taps.
CK_INLINE void join_all(
    float *y, const float *x, const tap_list *outer, size_t outer_stride, const tap_list *inner, size_t inner_stride, size_t n) {
  const float *rows[4] = {x, x, x, x};
  float weights[4] = {0};
  size_t count = 0;
  int adds = 0;
  for (size_t i = 0; i < outer->count; i++)
    for (size_t j = 0; j < inner->count; j++) {
      if (count == 4) {
        join(y, rows, weights, 4, n, adds);
        adds = 1;
        count = 0;
      }
      rows[count] = x + (outer->start + i) * outer_stride + (inner->start + j) * inner_stride;
      weights[count++] = outer->weights[i] * inner->weights[j];
    }
  if (count > 0)
    join(y, rows, weights, count, n, adds);
  else
    memset(y, 0, n * sizeof *y);
}

CK_INLINE void widen_channels(const ck_resample_axis *axis, const float *x, float *y, size_t channels) {
  const float one = 1;
  const tap_list whole = {0, 1, &one};
  for (size_t i = 0; i < axis->out; i++, y += channels) {
    tap_list here = taps(axis, i);
    if (here.count == 1 && here.weights[0] == 1)
      memcpy(y, x + here.start * channels, channels * sizeof *y);
    else
      join_all(y, x, &whole, 0, &here, channels, channels);
  }
}

// Single floats `first` and later, whatever the number of weights.
static void widen_plain(const ck_resample_axis *axis, const float *x, float *y, size_t first) {
  for (size_t i = first; i < axis->out; i++) {
    size_t begin = (size_t)axis->offsets[i], end = (size_t)axis->offsets[i + 1];
    const float *from = x + axis->starts[i];
    float sum = 0;
    for (size_t k = begin; k < end; k++) sum += axis->weights[k] * from[k - begin];
    y[i] = sum;
  }
}

#if defined(__x86_64__)

// Sixteen results that read at most sixteen neighbours take them out of one register. x may be read SLACK floats beyond its
// end. Returns the number of results made.
__attribute__((target("avx512f"))) static size_t widen_v4(
    const ck_resample_axis *axis, const float *x, float *y, int has_pairs) {
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const __m512i one = _mm512_set1_epi32(1);
  size_t i = 0;
  for (; i + 16 <= axis->out; i += 16) {
    int32_t first = axis->starts[i], reach = axis->starts[i + 15] - first;
    if (reach > 14) {
      for (size_t k = i; k < i + 16; k++) {
        const float *from = x + axis->starts[k];
        y[k] = has_pairs ? axis->weights[2 * k] * from[0] + axis->weights[2 * k + 1] * from[1] : from[0];
      }
      continue;
    }
    __m512 source = _mm512_loadu_ps(x + first);
    __m512i place = _mm512_sub_epi32(_mm512_loadu_si512(axis->starts + i), _mm512_set1_epi32(first));
    __m512 low = _mm512_permutexvar_ps(place, source);
    if (has_pairs) {
      __m512 high = _mm512_permutexvar_ps(_mm512_add_epi32(place, one), source);
      const float *w = axis->weights + 2 * i;
      __m512 left = _mm512_loadu_ps(w), right = _mm512_loadu_ps(w + 16);
      __m512 wl = _mm512_permutex2var_ps(left, even, right);
      __m512 wh = _mm512_permutex2var_ps(left, _mm512_add_epi32(even, one), right);
      low = _mm512_fmadd_ps(wh, high, _mm512_mul_ps(wl, low));
    }
    _mm512_storeu_ps(y + i, low);
  }
  return i;
}

// As above with eight results.
__attribute__((target("avx2,fma"))) static size_t widen_v3(
    const ck_resample_axis *axis, const float *x, float *y, int has_pairs) {
  const __m256i one = _mm256_set1_epi32(1), order = _mm256_setr_epi32(0, 1, 4, 5, 2, 3, 6, 7);
  size_t i = 0;
  for (; i + 8 <= axis->out; i += 8) {
    int32_t first = axis->starts[i], reach = axis->starts[i + 7] - first;
    if (reach > 6) {
      for (size_t k = i; k < i + 8; k++) {
        const float *from = x + axis->starts[k];
        y[k] = has_pairs ? axis->weights[2 * k] * from[0] + axis->weights[2 * k + 1] * from[1] : from[0];
      }
      continue;
    }
    __m256 source = _mm256_loadu_ps(x + first);
    __m256i place = _mm256_sub_epi32(_mm256_loadu_si256((const __m256i *)(axis->starts + i)), _mm256_set1_epi32(first));
    __m256 low = _mm256_permutevar8x32_ps(source, place);
    if (has_pairs) {
      __m256 high = _mm256_permutevar8x32_ps(source, _mm256_add_epi32(place, one));
      const float *w = axis->weights + 2 * i;
      __m256 left = _mm256_loadu_ps(w), right = _mm256_loadu_ps(w + 8);
      // Evens and odds of both, in the order 0 1 4 5 2 3 6 7, which the permutation undoes.
      __m256 wl = _mm256_permutevar8x32_ps(_mm256_shuffle_ps(left, right, 0x88), order);
      __m256 wh = _mm256_permutevar8x32_ps(_mm256_shuffle_ps(left, right, 0xdd), order);
      low = _mm256_fmadd_ps(wh, high, _mm256_mul_ps(wl, low));
    }
    _mm256_storeu_ps(y + i, low);
  }
  return i;
}

#endif

// A row of single floats. x may be read SLACK floats beyond its end.
static void widen_floats(const ck_resample_axis *axis, axis_form form, const float *x, float *y) {
  size_t done = 0;
#if defined(__x86_64__)
  if (form == PLAIN || form == PAIRS) {
    int level = ck_cpu_level();
    if (level >= 4) done = widen_v4(axis, x, y, form == PAIRS);
    else if (level >= 3) done = widen_v3(axis, x, y, form == PAIRS);
  }
#endif
  widen_plain(axis, x, y, done);
}

// A range of result rows, numbered over planes, depth and height.
CK_CLONES static void rows_share(const job *j, size_t first, size_t last, float *buffer) {
  const ck_resample *p = j->plan;
  const size_t width = p->axis[2].in * j->channels, result = p->axis[2].out * j->channels;
  const size_t per_depth = p->axis[1].in * width, per_plane = p->axis[0].in * per_depth;
  // The input row that the result row before was a copy of.
  const float *copied = NULL;
  for (size_t row = first; row < last; row++) {
    size_t plane = row / (p->axis[0].out * p->axis[1].out);
    tap_list depth = taps(&p->axis[0], row / p->axis[1].out % p->axis[0].out), height = taps(&p->axis[1], row % p->axis[1].out);
    const float *x = j->x + plane * per_plane, *line = buffer;
    float *y = j->y + row * result;
    if (depth.count == 1 && height.count == 1 && depth.weights[0] * height.weights[0] == 1) {
      line = x + depth.start * per_depth + height.start * width;
      if (line == copied) {
        memcpy(y, y - result, result * sizeof *y);
        continue;
      }
      copied = line;
      if (j->form == UNCHANGED) {
        memcpy(y, line, width * sizeof *y);
        continue;
      }
      if (j->channels == 1) line = memcpy(buffer, line, width * sizeof *y);
    } else {
      copied = NULL;
      join_all(j->form == UNCHANGED ? y : buffer, x, &depth, per_depth, &height, width, width);
      if (j->form == UNCHANGED) continue;
    }
    if (j->channels == 1)
      widen_floats(&p->axis[2], j->form, line, y);
    else
      widen_channels(&p->axis[2], line, y, j->channels);
  }
}

static void lanes_share(void *context, size_t begin, size_t end) {
  const job *j = context;
  const ck_resample *p = j->plan;
  size_t rows = j->planes * p->axis[0].out * p->axis[1].out;
  for (size_t lane = begin; lane < end; lane++)
    rows_share(j, rows * lane / p->lanes, rows * (lane + 1) / p->lanes, j->workspace + lane * j->lane_size);
}

static axis_form form_of(const ck_resample_axis *axis) {
  int is_same = axis->in == axis->out, is_plain = 1, is_pairs = 1;
  for (size_t i = 0; i < axis->out; i++) {
    tap_list here = taps(axis, i);
    is_same &= here.count == 1 && here.start == i && here.weights[0] == 1;
    is_plain &= axis->offsets[i] == (int32_t)i && axis->offsets[i + 1] == (int32_t)i + 1 && axis->weights[i] == 1;
    is_pairs &= axis->offsets[i] == 2 * (int32_t)i && axis->offsets[i + 1] == 2 * (int32_t)i + 2;
  }
  return is_same ? UNCHANGED : is_plain ? PLAIN : is_pairs ? PAIRS : MIXED;
}

void ck_resample_run(const ck_resample *plan, const float *x, float *y, float *workspace) {
  job j = {plan, x, y, workspace, plan->batch, 1, lane_size(plan), form_of(&plan->axis[2])};
  if (plan->channels_last)
    j.channels = plan->channels;
  else
    j.planes *= plan->channels;
  ck_parallel_for(plan->lanes, 1, lanes_share, &j);
}
