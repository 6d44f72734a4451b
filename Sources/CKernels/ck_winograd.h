#ifndef CK_WINOGRAD_INNER_H
#define CK_WINOGRAD_INNER_H

// What the precisions of the Winograd convolution share.

#include "ck_panels.h"
#include "include/ck_winograd.h"

// Taps of the kernel and the most points along an axis, and results between the outermost.
enum { CK_TAPS = 3, CK_MOST_POINTS = 6, CK_MOST_SIDE = 4 };

static inline size_t ck_points(size_t side) { return side + CK_TAPS - 1; }

// The finite points of side 4 besides 0; the product of their squares is 1.
#define CK_NEAR (2.0 / 3)
#define CK_FAR 1.5

// How the work is divided. Squares are counted across, down and through the batch.
typedef struct ck_winograd_plan {
  size_t lanes, side, products, across, down, squares, panels;
  // Squares that are transformed at once; lanes divide such blocks, or the panels of each.
  size_t block, blocks;
  bool by_blocks, shares;
  // Groups of 32 bits between a block's squares, and between products of its inputs and of its sums.
  size_t row, inputs, sums;
  // Bytes of a lane's workspace, and where its sums and its counters begin.
  size_t lane_bytes, sums_start, counters;
} ck_winograd_plan;

typedef struct ck_winograd_job {
  const ck_panels_spec *spec;
  const ck_panels_operands *operands;
  ck_winograd_plan plan;
} ck_winograd_job;

// A lane's share; `begin` to `end` are lanes. Only where the CPU has the instructions.
void ck_winograd_lanes_float32(void *job, size_t begin, size_t end);
void ck_winograd_lanes_bfloat16(void *job, size_t begin, size_t end);

#endif
