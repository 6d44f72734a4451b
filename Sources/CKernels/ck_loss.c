#include "ck_loss.h"

#include "ck_elementwise_math.h"
#include "ck_threads.h"

enum { PIECE = 8192, CHUNK = 256 };

typedef struct {
  const ck_broadcast *plan;
  const float *x, *y, *positive, *mask;
  float *dx;
  double *sums;
  float a, b;
  size_t count;
} job;

// Up to CHUNK neighbouring elements of one row, with their weights.
typedef struct {
  const float *x, *y;
  size_t at, count;
  float positive[CHUNK], mask[CHUNK];
} chunk;

static size_t count_of(const ck_broadcast *plan) {
  size_t count = 1;
  for (size_t axis = 0; axis < plan->rank; axis++) count *= plan->count[axis];
  return count;
}

size_t ck_loss_pieces(const ck_broadcast *plan) { return (count_of(plan) + PIECE - 1) / PIECE; }

static void spread(float *to, const float *from, ptrdiff_t stride, size_t n) {
  if (stride == 0) {
    const float only = *from;
    for (size_t i = 0; i < n; i++) to[i] = only;
  } else {
    memcpy(to, from, n * sizeof *to);
  }
}

// The chunk that begins at element `at` and ends before `end`.
static void load(const job *j, size_t at, size_t end, chunk *c) {
  const ck_broadcast *plan = j->plan;
  size_t last = plan->rank - 1, row = at / plan->count[last], column = at % plan->count[last];
  ptrdiff_t first = (ptrdiff_t)column * plan->stride[0][last], second = (ptrdiff_t)column * plan->stride[1][last];
  for (size_t axis = last; axis-- > 0;) {
    ptrdiff_t position = (ptrdiff_t)(row % plan->count[axis]);
    row /= plan->count[axis];
    first += position * plan->stride[0][axis];
    second += position * plan->stride[1][axis];
  }
  size_t n = plan->count[last] - column;
  if (n > end - at) n = end - at;
  if (n > CHUNK) n = CHUNK;
  c->x = j->x + at;
  c->y = j->y + at;
  c->at = at;
  c->count = n;
  if (j->positive) spread(c->positive, j->positive + first, plan->stride[0][last], n);
  spread(c->mask, j->mask + second, plan->stride[1][last], n);
}

// Runs a body for every chunk `c` of pieces begin..<end; `piece` is its piece.
#define EACH_CHUNK(...)                                                              \
  for (size_t piece = begin; piece < end; piece++) {                                 \
    size_t stop = (piece + 1) * PIECE < j->count ? (piece + 1) * PIECE : j->count;   \
    for (size_t at = piece * PIECE; at < stop; at += c.count) {                      \
      load(j, at, stop, &c);                                                         \
      __VA_ARGS__                                                                    \
    }                                                                                \
  }

CK_INLINE double sum_of(const float *values, size_t n) {
#pragma clang fp reassociate(on)
  float sum = 0;
  for (size_t i = 0; i < n; i++) sum += values[i];
  return (double)sum;
}

CK_SIMD static void entropy_share(void *context, size_t begin, size_t end) {
  const job *j = context;
  chunk c;
  float losses[CHUNK];
  for (size_t piece = begin; piece < end; piece++) j->sums[2 * piece] = j->sums[2 * piece + 1] = 0;
  EACH_CHUNK({
    CK_VECTORIZE for (size_t i = 0; i < c.count; i++) {
      float x = c.x[i], y = c.y[i], m = c.mask[i];
      float loss = (1 - y) * x + (1 - y + c.positive[i] * y) * ck_softplusf(-x);
      losses[i] = m == 0 ? 0 : m * loss;
    }
    j->sums[2 * piece] += sum_of(losses, c.count);
    j->sums[2 * piece + 1] += sum_of(c.mask, c.count);
  })
}

CK_SIMD static void entropy_gradient_share(void *context, size_t begin, size_t end) {
  const job *j = context;
  chunk c;
  EACH_CHUNK({
    float *dx = j->dx + c.at;
    CK_VECTORIZE for (size_t i = 0; i < c.count; i++) {
      float y = c.y[i], m = c.mask[i], s = ck_sigmoidf(c.x[i]);
      float slope = (1 - y) * s - c.positive[i] * y * (1 - s);
      dx[i] = m == 0 ? 0 : j->a * m * slope;
    }
  })
}

CK_SIMD static void dice_share(void *context, size_t begin, size_t end) {
  const job *j = context;
  chunk c;
  float both[CHUNK], ours[CHUNK], theirs[CHUNK];
  for (size_t piece = begin; piece < end; piece++)
    for (int k = 0; k < 3; k++) j->sums[3 * piece + (size_t)k] = 0;
  EACH_CHUNK({
    CK_VECTORIZE for (size_t i = 0; i < c.count; i++) {
      float y = c.y[i], m = c.mask[i], s = ck_sigmoidf(c.x[i]);
      both[i] = m == 0 ? 0 : m * s * y;
      ours[i] = m == 0 ? 0 : m * s * s;
      theirs[i] = m == 0 ? 0 : m * y * y;
    }
    j->sums[3 * piece] += sum_of(both, c.count);
    j->sums[3 * piece + 1] += sum_of(ours, c.count);
    j->sums[3 * piece + 2] += sum_of(theirs, c.count);
  })
}

CK_SIMD static void dice_gradient_share(void *context, size_t begin, size_t end) {
  const job *j = context;
  chunk c;
  EACH_CHUNK({
    float *dx = j->dx + c.at;
    CK_VECTORIZE for (size_t i = 0; i < c.count; i++) {
      float m = c.mask[i], s = ck_sigmoidf(c.x[i]);
      float slope = (j->a * c.y[i] + j->b * s) * s * (1 - s);
      dx[i] = m == 0 ? 0 : m * slope;
    }
  })
}

static void run(job j, void (*share)(void *, size_t, size_t)) {
  j.count = count_of(j.plan);
  ck_parallel_for(ck_loss_pieces(j.plan), 2, share, &j);
}

void ck_sigmoid_cross_entropy(
    const ck_broadcast *plan, const float *x, const float *y, const float *positive, const float *mask, double *sums) {
  run((job){plan, x, y, positive, mask, NULL, sums, 0, 0, 0}, entropy_share);
}

void ck_sigmoid_cross_entropy_gradient(
    const ck_broadcast *plan, const float *x, const float *y, const float *positive, const float *mask, float factor, float *dx) {
  run((job){plan, x, y, positive, mask, dx, NULL, factor, 0, 0}, entropy_gradient_share);
}

void ck_dice(const ck_broadcast *plan, const float *x, const float *y, const float *mask, double *sums) {
  run((job){plan, x, y, NULL, mask, NULL, sums, 0, 0, 0}, dice_share);
}

void ck_dice_gradient(
    const ck_broadcast *plan, const float *x, const float *y, const float *mask, float a, float b, float *dx) {
  run((job){plan, x, y, NULL, mask, dx, NULL, a, b, 0}, dice_gradient_share);
}
