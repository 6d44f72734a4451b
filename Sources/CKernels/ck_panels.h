#ifndef CK_PANELS_INNER_H
#define CK_PANELS_INNER_H

// What the three precisions of packed products share.

#include <string.h>

#include "include/ck_panels.h"

// Columns of a panel, rows of the largest register tile, depths in groups that are summed at once where there are more than
// WHOLE, groups between two prefetches.
enum { PANEL = 32, TILE = 12, WHOLE = 2304, DEPTH = 512, AHEAD = 8 };

static inline size_t ck_smaller(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t ck_ceiling(size_t a, size_t b) { return (a + b - 1) / b; }

// Depths in a group of 32 bits.
static inline size_t ck_group(ck_precision precision) { return precision == CK_FLOAT32 ? 1 : precision == CK_BFLOAT16 ? 2 : 4; }

static inline size_t ck_element_size(ck_element type) {
  return type == CK_ELEMENT_FLOAT32 ? 4 : type == CK_ELEMENT_BFLOAT16 ? 2 : 1;
}

// How the work is divided; all lengths in groups.
typedef struct ck_panels_plan {
  size_t lanes, groups, panels;
  // Lanes divide the rows, or the panels; two neighbours share their parts.
  bool by_rows, shares;
  // Rows are read where they lie, without a copy.
  bool reads_rows;
  // Rows of a block, groups between the rows of its copy or of a, groups that are summed at once.
  size_t block, stride, depth;
  // Bytes of a lane's workspace, and where its sums, the sums of a's rows and the counters of taken parts begin.
  size_t lane_bytes, sums, row_sums, counters;
} ck_panels_plan;

void ck_panels_divide(const ck_panels_spec *spec, ck_panels_plan *plan);

// Where panel p begins, in groups, of a matrix of `groups` groups.
static inline size_t ck_panel_start(size_t p, size_t groups) { return p * PANEL * groups; }

// Sums of the columns of an int8 matrix, behind the panels.
static inline size_t ck_panels_groups(size_t n, size_t groups) { return ck_ceiling(n, 16) * 16 * groups; }

typedef struct ck_panels_job {
  const ck_panels_spec *spec;
  const ck_panels_operands *operands;
  ck_panels_plan plan;
} ck_panels_job;

// A lane's share; `begin` to `end` are lanes. Only where the CPU has the instructions.
void ck_panels_lanes_float32(void *job, size_t begin, size_t end);
void ck_panels_lanes_bfloat16(void *job, size_t begin, size_t end);
void ck_panels_lanes_integer8(void *job, size_t begin, size_t end);

#endif
