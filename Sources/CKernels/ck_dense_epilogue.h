#ifndef CK_DENSE_EPILOGUE_H
#define CK_DENSE_EPILOGUE_H

#include "ck_dense.h"

#define CK_DENSE_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

// y = activation(y + bias) + residual over a block of rows; bias and residual may be NULL, residual may be y's memory
// only where y does not hold anything else. `stride` floats lie between rows of y and of residual.
void ck_dense_epilogue(
    float *y, size_t stride, size_t rows, size_t columns, const float *bias, ck_activation activation, const float *residual);

#endif
