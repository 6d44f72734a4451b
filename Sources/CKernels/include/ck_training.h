#ifndef CK_TRAINING_H
#define CK_TRAINING_H

#include <stddef.h>
#include <stdint.h>

#include "ck_rows.h"
#include "ck_status.h"

#ifdef __cplusplus
extern "C" {
#endif

// dx of softmax and log-softmax along the middle axis of [outer, count, inner], from the result y. dx may be y or dy.
ck_status ck_softmax_gradient(const float *y, const float *dy, float *dx, size_t outer, size_t count, size_t inner);
ck_status ck_log_softmax_gradient(const float *y, const float *dy, float *dx, size_t outer, size_t count, size_t inner);

// Gradient of ck_layer_norm; dscale and dbias may both be null. dx may be x or dy. The workspace holds
// 2 * lanes * count floats, unused when dscale is null; results depend on `lanes`, not on the number of threads.
ck_status ck_layer_norm_gradient(
    const float *x, const float *scale, const float *dy, float *dx, float *dscale, float *dbias, size_t rows, size_t count,
    float epsilon, float *workspace, size_t lanes);

// Bytes of workspace, aligned to 64, of ck_attention_backward.
size_t ck_attention_backward_workspace(const ck_attention *shape, size_t lanes);

// Gradients of ck_attention_forward with the strides of q, k and v; dy has those of y.
ck_status ck_attention_backward(
    const ck_attention *shape, const float *q, const float *k, const float *v, const float *mask, const float *dy, float *dq,
    float *dk, float *dv, void *workspace, size_t lanes);

// One step of SGD with momentum. `hyper` is {learning rate, unused, unused, gradient factor}; `clip`, one more factor, may be
// null; when it is NaN the step copies w and m. new_w may be w, new_m may be m.
typedef struct ck_sgd {
  double momentum, weight_decay;
  int nesterov;
} ck_sgd;

ck_status ck_sgd_step(
    const ck_sgd *options, const float *w, const float *g, const float *m, const float *hyper, const float *clip, float *new_w,
    float *new_m, size_t count);

// One step of AdamW, or of Adam when not decoupled. `hyper` is {learning rate, 1 - beta1^t, sqrt(1 - beta2^t), gradient
// factor}; `clip` as above. Each output may be the input that it replaces.
typedef struct ck_adam {
  double beta1, beta2, epsilon, weight_decay;
  int decoupled;
} ck_adam;

ck_status ck_adam_step(
    const ck_adam *options, const float *w, const float *g, const float *m, const float *v, const float *hyper, const float *clip,
    float *new_w, float *new_m, float *new_v, size_t count);

// Sums of squares of pieces of x, ck_sum_squares_pieces(count) doubles in order.
size_t ck_sum_squares_pieces(size_t count);
ck_status ck_sum_squares(const float *x, size_t count, double *sums);

#ifdef __cplusplus
}
#endif

#endif
