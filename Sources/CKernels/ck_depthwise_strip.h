#ifndef CK_DEPTHWISE_STRIP_H
#define CK_DEPTHWISE_STRIP_H

// Depthwise convolutions of 3 x 3 and 5 x 5 positions, one or two apart. A strip is a few rows of the result; a vector of
// channels goes along it from left to right, so that every x is loaded once for all results that it is part of.

#include "include/ck_depthwise.h"

// ck_depthwise_run for those that have strips.
void ck_depthwise_run_strips(
    const ck_depthwise *spec, const void *x, const float *packed, const float *bias, const void *residual, void *y);

#endif
