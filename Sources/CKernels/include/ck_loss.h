#ifndef CK_LOSS_H
#define CK_LOSS_H

#include <stddef.h>

#include "ck_elementwise.h"

#ifdef __cplusplus
extern "C" {
#endif

// Losses over the elements of a dense tensor of logits x and targets y. `plan` says how the weights broadcast to it: stride[0]
// are those of `positive` w, stride[1] those of `mask` m; the last is 0 or 1. An element whose m is 0 may hold any number.
// Sums go to pieces of a fixed size, in order, so that they do not depend on the number of threads.
size_t ck_loss_pieces(const ck_broadcast *plan);

// For each piece: sum of m (w y softplus(-x) + (1 - y) softplus(x)), sum of m.
void ck_sigmoid_cross_entropy(
    const ck_broadcast *plan, const float *x, const float *y, const float *positive, const float *mask, double *sums);
// dx = factor m ((1 - y) s - w y (1 - s)) with s = sigmoid(x).
void ck_sigmoid_cross_entropy_gradient(
    const ck_broadcast *plan, const float *x, const float *y, const float *positive, const float *mask, float factor, float *dx);

// For each piece: sums of m s y, m s s and m y y; stride[0] is not used.
void ck_dice(const ck_broadcast *plan, const float *x, const float *y, const float *mask, double *sums);
// dx = m (a y + b s) s (1 - s).
void ck_dice_gradient(
    const ck_broadcast *plan, const float *x, const float *y, const float *mask, float a, float b, float *dx);

#ifdef __cplusplus
}
#endif

#endif
