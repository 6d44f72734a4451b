#ifndef CK_WINOGRAD_H
#define CK_WINOGRAD_H

// Convolutions of width 3 and stride 1 of channels-last pictures with fewer multiplications (Winograd's minimal filtering:
// Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015, arXiv:1509.09308), in float32 for CPUs with
// AVX-512, and in bfloat16 with float32 sums. A square of side x side results, side being 2 or 4, takes (side + 2)^2
// products instead of 9 side^2.
//
// The points of side 2 are 0, 1, -1 and infinity, those of side 4 are 0, 2/3, -2/3, 3/2, -3/2 and infinity: their errors are
// twice those of direct sums, and half of those of the usual 0, 1, -1, 2, -2. Squares with results that are not finite are
// summed directly, so that NaN and infinity reach what is computed from them and nothing else. In bfloat16 the transformed
// inputs and weights are rounded: only side 2, whose errors are then twice those of rounded weights.

#include "ck_panels.h"

#ifdef __cplusplus
extern "C" {
#endif

// The side of squares that promises to be fastest for a convolution of rank 2, width 3 and stride 1 of channels by the
// multiple of 16; 0 where direct sums are as fast.
size_t ck_winograd_side(const ck_panels_spec *spec);

size_t ck_winograd_bytes(ck_precision precision, size_t columns, size_t channels, size_t side);
// `weights`, float32 [columns, channels, 3, 3], need not be aligned.
void ck_winograd_pack(
    ck_precision precision, const void *weights, size_t columns, size_t channels, size_t side, void *packed);

// Bytes of workspace that run needs. The spec and the operands are those of ck_panels_run; no integers.
size_t ck_winograd_workspace(const ck_panels_spec *spec, size_t side);
void ck_winograd_run(const ck_panels_spec *spec, size_t side, const ck_panels_operands *operands);

#ifdef __cplusplus
}
#endif

#endif
