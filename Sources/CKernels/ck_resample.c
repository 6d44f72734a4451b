#include "ck_resample.h"

#include "ck_bf16_tile.h"
#include "ck_resample_row.h"
#include "ck_rows_simd.h"
#include "ck_threads.h"

// A result row is made in two steps: rows of the input are joined into one (depth and height), whose positions are then
// joined into those of the result (width). A position of a channels-last row is `channels` neighbouring floats.

typedef struct {
  const ck_resample *plan;
  const void *x;
  void *y;
  float *workspace;
  // Rows are of planes: images, or channels of images where these come first.
  size_t planes, channels, lane_size;
  int keeps_width;
} job;

// The weights of one output that are not 0 at the ends, and the input of the first.
typedef struct {
  size_t start, count;
  const float *weights;
} tap_list;

CK_INLINE tap_list taps(const ck_resample_axis *axis, size_t index) {
  size_t begin = (size_t)axis->offsets[index], end = (size_t)axis->offsets[index + 1], start = (size_t)axis->starts[index];
  while (begin < end && axis->weights[begin] == 0) begin++, start++;
  while (begin < end && axis->weights[end - 1] == 0) end--;
  return (tap_list){start, end - begin, axis->weights + begin};
}

static size_t channels_of_row(const ck_resample *plan) { return plan->channels_last ? plan->channels : 1; }

// Floats of a row that is joined of others.
static size_t buffer_size(const ck_resample *plan) {
  return (plan->axis[2].in * channels_of_row(plan) + CK_RESAMPLE_SLACK + 15) / 16 * 16;
}

// Floats of a lane: that row, and a row of the result where it is rounded afterwards.
static size_t lane_size(const ck_resample *plan) {
  size_t result = plan->is_bf16 ? (plan->axis[2].out * channels_of_row(plan) + 15) / 16 * 16 : 0;
  return buffer_size(plan) + result;
}

size_t ck_resample_workspace(const ck_resample *plan) { return plan->lanes * lane_size(plan) * sizeof(float); }

// y (+)= the sum of `count` (1...4) rows of n floats times their weights.
CK_INLINE void join(float *restrict y, const float *const rows[4], const float w[4], size_t count, size_t n, int adds) {
  const float *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
  const float wa = w[0], wb = w[1], wc = w[2], wd = w[3];
  size_t i;
  // Where nothing is added, the last vector may repeat floats of the one before.
#define JOIN(vector, scalar)                                   \
  for (i = 0; i + 16 <= n; i += 16) {                          \
    v16 sum = vector;                                          \
    if (adds) sum += LOAD16(y + i);                            \
    STORE16(y + i, sum);                                       \
  }                                                            \
  if (!adds && n >= 16 && i < n) {                             \
    i = n - 16;                                                \
    v16 sum = vector;                                          \
    STORE16(y + i, sum);                                       \
    i = n;                                                     \
  }                                                            \
  for (; i < n; i++) y[i] = adds ? y[i] + (scalar) : (scalar); \
  break;
  switch (count) {
    case 1: JOIN(LOAD16(a + i) * wa, a[i] * wa)
    case 2: JOIN(LOAD16(a + i) * wa + LOAD16(b + i) * wb, a[i] * wa + b[i] * wb)
    case 3: JOIN(LOAD16(a + i) * wa + LOAD16(b + i) * wb + LOAD16(c + i) * wc, a[i] * wa + b[i] * wb + c[i] * wc)
    default:
      JOIN((LOAD16(a + i) * wa + LOAD16(b + i) * wb) + (LOAD16(c + i) * wc + LOAD16(d + i) * wd),
           (a[i] * wa + b[i] * wb) + (c[i] * wc + d[i] * wd))
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

// Asks for the rows behind those that are read now. Rows of few floats are too short for the processor to foresee the next.
CK_INLINE void prefetch(const float *x, const tap_list *depth, size_t depth_stride, const tap_list *height, size_t width) {
  const char *next = (const char *)(x + depth->start * depth_stride + (height->start + height->count) * width);
  size_t bytes = height->count * width * sizeof(float);
  for (size_t at = 0; at < bytes && at < 4096; at += 64) __builtin_prefetch(next + at);
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
    const float *x = (const float *)j->x + plane * per_plane, *line = buffer;
    float *y = (float *)j->y + row * result;
    prefetch(x, &depth, per_depth, &height, width);
    if (depth.count == 1 && height.count == 1 && depth.weights[0] * height.weights[0] == 1) {
      line = x + depth.start * per_depth + height.start * width;
      if (line == copied) {
        memcpy(y, y - result, result * sizeof *y);
        continue;
      }
      copied = line;
      if (j->keeps_width) {
        memcpy(y, line, width * sizeof *y);
        continue;
      }
      // Behind a row of the input there may be nothing.
      if (p->row.out > 0) line = memcpy(buffer, line, width * sizeof *y);
    } else {
      copied = NULL;
      join_all(j->keeps_width ? y : buffer, x, &depth, per_depth, &height, width, width);
      if (j->keeps_width) continue;
    }
    if (p->row.out > 0)
      ck_resample_widen(&p->row, line, y);
    else
      widen_channels(&p->axis[2], line, y, j->channels);
  }
}

// y (+)= a row of n elements times its weight.
CK_INLINE void add_narrow(float *restrict y, const uint16_t *restrict x, float weight, size_t n, int adds) {
  if (adds) {
    for (size_t i = 0; i < n; i++) y[i] += weight * ck_bf16_value(x[i]);
  } else {
    for (size_t i = 0; i < n; i++) y[i] = weight * ck_bf16_value(x[i]);
  }
}

// The same for bfloat16: rows of the input are joined as float32, those of the result rounded.
CK_CLONES static void narrow_rows_share(const job *j, size_t first, size_t last, float *buffer) {
  const ck_resample *p = j->plan;
  const size_t width = p->axis[2].in * j->channels, result = p->axis[2].out * j->channels;
  const size_t per_depth = p->axis[1].in * width, per_plane = p->axis[0].in * per_depth;
  float *wide = buffer + buffer_size(p);
  for (size_t row = first; row < last; row++) {
    size_t plane = row / (p->axis[0].out * p->axis[1].out);
    tap_list depth = taps(&p->axis[0], row / p->axis[1].out % p->axis[0].out), height = taps(&p->axis[1], row % p->axis[1].out);
    const uint16_t *x = (const uint16_t *)j->x + plane * per_plane;
    uint16_t *y = (uint16_t *)j->y + row * result;
    int adds = 0;
    for (size_t d = 0; d < depth.count; d++)
      for (size_t h = 0; h < height.count; h++, adds = 1) {
        const uint16_t *line = x + (depth.start + d) * per_depth + (height.start + h) * width;
        add_narrow(buffer, line, depth.weights[d] * height.weights[h], width, adds);
      }
    if (!adds) memset(buffer, 0, width * sizeof *buffer);
    if (p->row.out > 0)
      ck_resample_widen(&p->row, buffer, wide);
    else if (!j->keeps_width)
      widen_channels(&p->axis[2], buffer, wide, j->channels);
    const float *line = j->keeps_width && p->row.out == 0 ? buffer : wide;
    for (size_t i = 0; i < result; i++) y[i] = ck_bf16_rounded(line[i]);
  }
}

static void lanes_share(void *context, size_t begin, size_t end) {
  const job *j = context;
  const ck_resample *p = j->plan;
  size_t rows = j->planes * p->axis[0].out * p->axis[1].out;
  for (size_t lane = begin; lane < end; lane++)
    (p->is_bf16 ? narrow_rows_share : rows_share)(
        j, rows * lane / p->lanes, rows * (lane + 1) / p->lanes, j->workspace + lane * j->lane_size);
}

static int is_unchanged(const ck_resample_axis *axis) {
  if (axis->in != axis->out) return 0;
  for (size_t i = 0; i < axis->out; i++) {
    tap_list here = taps(axis, i);
    if (here.count != 1 || here.start != i || here.weights[0] != 1) return 0;
  }
  return 1;
}

void ck_resample_run(const ck_resample *plan, const void *x, void *y, float *workspace) {
  job j = {plan, x, y, workspace, plan->batch, 1, lane_size(plan), is_unchanged(&plan->axis[2])};
  if (plan->channels_last)
    j.channels = plan->channels;
  else
    j.planes *= plan->channels;
  ck_parallel_for(plan->lanes, 1, lanes_share, &j);
}
