#include "ck_rows_simd.h"
#include "ck_threads.h"
#include "ck_training.h"

#define GRAIN 16384

typedef struct {
  const float *w, *g, *m, *v;
  float *new_w, *new_m, *new_v;
  float factor, rate, decay, gradient_decay, momentum, beta1_rest, beta2, beta2_rest, step, inverse_root, epsilon;
  int nesterov;
} step_job;

CK_CLONES static void sgd_share(void *context, size_t begin, size_t end) {
  const step_job j = *(const step_job *)context;
  if (j.nesterov) {
#pragma clang loop vectorize(assume_safety)
    for (size_t i = begin; i < end; i++) {
      float w = j.w[i], g = j.g[i] * j.factor + j.gradient_decay * w, m = j.momentum * j.m[i] + g;
      j.new_m[i] = m;
      j.new_w[i] = w - j.rate * (g + j.momentum * m);
    }
  } else {
#pragma clang loop vectorize(assume_safety)
    for (size_t i = begin; i < end; i++) {
      float w = j.w[i], g = j.g[i] * j.factor + j.gradient_decay * w, m = j.momentum * j.m[i] + g;
      j.new_m[i] = m;
      j.new_w[i] = w - j.rate * m;
    }
  }
}

CK_CLONES static void adam_share(void *context, size_t begin, size_t end) {
  const step_job j = *(const step_job *)context;
#pragma clang loop vectorize(assume_safety)
  for (size_t i = begin; i < end; i++) {
    float w = j.w[i], g = j.g[i] * j.factor + j.gradient_decay * w;
    float m = j.m[i] + j.beta1_rest * (g - j.m[i]);
    float v = j.beta2 * j.v[i] + j.beta2_rest * (g * g);
    float root = __builtin_elementwise_sqrt(v) * j.inverse_root + j.epsilon;
    j.new_m[i] = m;
    j.new_v[i] = v;
    j.new_w[i] = w * j.decay - j.step * (m / root);
  }
}

static int skips(const float *clip) { return clip && isnan(*clip); }

static void keep(const float *old, float *new, size_t count) {
  if (old != new) memcpy(new, old, count * sizeof *old);
}

ck_status ck_sgd_step(
    const ck_sgd *options, const float *w, const float *g, const float *m, const float *hyper, const float *clip, float *new_w,
    float *new_m, size_t count) {
  if (skips(clip)) {
    keep(w, new_w, count);
    keep(m, new_m, count);
    return CK_OK;
  }
  step_job job = {
      .w = w, .g = g, .m = m, .new_w = new_w, .new_m = new_m,
      .factor = hyper[3] * (clip ? *clip : 1), .rate = hyper[0], .gradient_decay = (float)options->weight_decay,
      .momentum = (float)options->momentum, .nesterov = options->nesterov};
  ck_parallel_for(count, GRAIN, sgd_share, &job);
  return CK_OK;
}

ck_status ck_adam_step(
    const ck_adam *options, const float *w, const float *g, const float *m, const float *v, const float *hyper, const float *clip,
    float *new_w, float *new_m, float *new_v, size_t count) {
  if (skips(clip)) {
    keep(w, new_w, count);
    keep(m, new_m, count);
    keep(v, new_v, count);
    return CK_OK;
  }
  step_job job = {
      .w = w, .g = g, .m = m, .v = v, .new_w = new_w, .new_m = new_m, .new_v = new_v,
      .factor = hyper[3] * (clip ? *clip : 1),
      .decay = options->decoupled ? (float)(1 - (double)hyper[0] * options->weight_decay) : 1,
      .gradient_decay = options->decoupled ? 0 : (float)options->weight_decay,
      .beta1_rest = (float)(1 - options->beta1), .beta2 = (float)options->beta2, .beta2_rest = (float)(1 - options->beta2),
      .step = (float)((double)hyper[0] / hyper[1]), .inverse_root = (float)(1 / (double)hyper[2]),
      .epsilon = (float)options->epsilon};
  ck_parallel_for(count, GRAIN, adam_share, &job);
  return CK_OK;
}

typedef double v16d __attribute__((vector_size(128)));

typedef struct {
  const float *x;
  size_t count;
  double *sums;
} squares_job;

CK_CLONES static void squares_share(void *context, size_t begin, size_t end) {
  const squares_job *job = context;
  for (size_t piece = begin; piece < end; piece++) {
    size_t i = piece * GRAIN, last = job->count - i < GRAIN ? job->count : i + GRAIN;
    v16d sum = {0};
    for (; i + 16 <= last; i += 16) {
      v16d a = __builtin_convertvector(LOAD16(job->x + i), v16d);
      sum += a * a;
    }
    double lanes[16], total = 0;
    memcpy(lanes, &sum, sizeof lanes);
    for (; i < last; i++) total += (double)job->x[i] * job->x[i];
    for (int l = 0; l < 16; l++) total += lanes[l];
    job->sums[piece] = total;
  }
}

size_t ck_sum_squares_pieces(size_t count) { return (count + GRAIN - 1) / GRAIN; }

ck_status ck_sum_squares(const float *x, size_t count, double *sums) {
  squares_job job = {x, count, sums};
  ck_parallel_for(ck_sum_squares_pieces(count), 1, squares_share, &job);
  return CK_OK;
}
