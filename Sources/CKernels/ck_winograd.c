#include "ck_winograd.h"

#include "ck_bf16_tile.h"
#include "ck_threads.h"

// What the inputs and sums of a block of squares may take; squares of a block at least, so that weights are read seldom.
enum { BLOCK_BYTES = 800 << 10, FEWEST = 24 };

static size_t width_of(size_t columns) { return ck_ceiling(columns, 16) * 16; }

size_t ck_winograd_bytes(ck_precision precision, size_t columns, size_t channels, size_t side) {
  return ck_points(side) * ck_points(side) * channels * width_of(columns) * 4 / ck_group(precision);
}

// How a line of weights becomes factors: the row of a point p is 1, p, p^2 over the product of its distances to the others.
static void point_rows(size_t side, double rows[CK_MOST_POINTS][CK_TAPS]) {
  const double one[] = {1, -1}, two[] = {CK_NEAR, -CK_NEAR, CK_FAR, -CK_FAR}, *points = side == 2 ? one : two;
  memset(rows, 0, CK_MOST_POINTS * sizeof *rows);
  rows[0][0] = 1;
  for (size_t i = 0; i < side; i++) {
    const double p = points[i], others = side == 2 ? 0 : p * p - points[(i + 2) % 4] * points[(i + 2) % 4];
    const double over = 2 * p * p * (side == 2 ? 1 : others);
    rows[i + 1][0] = 1 / over, rows[i + 1][1] = p / over, rows[i + 1][2] = p * p / over;
  }
  rows[side + 1][2] = 1;
}

typedef struct {
  ck_precision precision;
  const char *weights;
  size_t columns, channels, side;
  char *packed;
} packing;

// The factors of a channel in `width` columns, of which the last may be absent; factors are `step` bytes apart.
static void pack_channel(
    const packing *p, double rows[CK_MOST_POINTS][CK_TAPS], size_t channel, size_t column, size_t width, size_t step, char *to) {
  const size_t points = ck_points(p->side), columns = ck_smaller(width, p->columns - column), size = ck_group(p->precision);
  float w[CK_TAPS][CK_TAPS][PANEL] = {0};
  const char *from = p->weights + (column * p->channels + channel) * CK_TAPS * CK_TAPS * sizeof(float);
  for (size_t c = 0; c < columns; c++, from += p->channels * CK_TAPS * CK_TAPS * sizeof(float))
    for (size_t tap = 0; tap < CK_TAPS * CK_TAPS; tap++) memcpy(&w[tap / CK_TAPS][tap % CK_TAPS][c], from + tap * 4, 4);
  for (size_t i = 0; i < points; i++) {
    double half[CK_TAPS][PANEL];
    for (int x = 0; x < CK_TAPS; x++)
      for (size_t c = 0; c < PANEL; c++) half[x][c] = rows[i][0] * w[0][x][c] + rows[i][1] * w[1][x][c] + rows[i][2] * w[2][x][c];
    for (size_t j = 0; j < points; j++, to += step) {
      float factors[PANEL];
      for (size_t c = 0; c < PANEL; c++)
        factors[c] = (float)(half[0][c] * rows[j][0] + half[1][c] * rows[j][1] + half[2][c] * rows[j][2]);
      if (p->precision == CK_FLOAT32) {
        memcpy(to, factors, width * sizeof *factors);
        continue;
      }
      for (size_t c = 0; c < width; c++) {
        const uint16_t rounded = ck_bf16_rounded(factors[c]);
        memcpy(to + c * 4 + channel % size * sizeof rounded, &rounded, sizeof rounded);
      }
    }
  }
}

// Factors lie as they are read: panel, product, group of channels, column.
static void pack_panels(void *context, size_t begin, size_t end) {
  const packing *p = context;
  const size_t points = ck_points(p->side), size = ck_group(p->precision), groups = p->channels / size;
  double rows[CK_MOST_POINTS][CK_TAPS];
  point_rows(p->side, rows);
  for (size_t panel = begin; panel < end; panel++) {
    const size_t column = panel * PANEL, width = p->columns - column > 16 ? PANEL : 16, step = groups * width * 4;
    char *to = p->packed + column * points * points * groups * 4;
    for (size_t channel = 0; channel < p->channels; channel++)
      pack_channel(p, rows, channel, column, width, step, to + channel / size * width * 4);
  }
}

void ck_winograd_pack(
    ck_precision precision, const void *weights, size_t columns, size_t channels, size_t side, void *packed) {
  packing p = {precision, weights, columns, channels, side, packed};
  ck_parallel_for(ck_ceiling(columns, PANEL), 1, pack_panels, &p);
}

static size_t squares_of(const ck_panels_spec *s, size_t side) {
  const ck_conv_spec *p = &s->patches;
  return (size_t)p->batch * ck_ceiling((size_t)p->out[1], side) * ck_ceiling((size_t)p->out[2], side);
}

size_t ck_winograd_side(const ck_panels_spec *s) {
  // Clock ticks of two lanes, each with 32 multiplications of groups in a tick, or of the memory, which gives both some ten
  // bytes of weights in a tick. Whatever the lanes are, the choice, and so the result, is the same.
  const double groups = (double)s->patches.in_channels / (double)ck_group(s->precision), columns = (double)width_of(s->n);
  const double lanes = 2, bytes = 10, multiplied = (double)s->m * 9 * groups * columns / 32 / lanes;
  const double fetched = 9 * groups * columns * 4 / bytes;
  // As good as direct sums is not good enough: factors take memory.
  double least = 0.85 * (multiplied > fetched ? multiplied : fetched);
  size_t best = 0;
  for (size_t side = 2; side <= (s->precision == CK_FLOAT32 ? CK_MOST_SIDE : 2); side += 2) {
    const double products = (double)(ck_points(side) * ck_points(side)), squares = (double)squares_of(s, side);
    const double moved = squares * products * ((double)s->patches.in_channels + columns) / 16 * 3 / lanes;
    const double summed = (squares < 4 ? 4 : squares) * products * groups * columns / 32 / lanes;
    const double read = products * groups * columns * 4 / bytes;
    const double ticks = moved + (summed > read ? summed : read);
    if (ticks < least) best = side, least = ticks;
  }
  return best;
}

static void divide(const ck_panels_spec *s, size_t side, ck_winograd_plan *plan) {
  const size_t points = ck_points(side);
  plan->lanes = s->threads ? s->threads : 1;
  plan->side = side;
  plan->products = points * points;
  plan->across = ck_ceiling((size_t)s->patches.out[2], side);
  plan->down = ck_ceiling((size_t)s->patches.out[1], side);
  plan->squares = squares_of(s, side);
  plan->panels = ck_ceiling(s->n, PANEL);
  plan->row = (size_t)s->patches.in_channels / ck_group(s->precision) + 16;
  plan->by_blocks = plan->squares >= FEWEST * plan->lanes || plan->panels < plan->lanes;
  plan->shares = plan->lanes > 1;
  size_t most = BLOCK_BYTES / (plan->products * (plan->row + PANEL) * 4) / TILE * TILE;
  if (most < FEWEST) most = FEWEST;
  // Two blocks for a lane at least, so that two lanes can share them.
  plan->blocks = ck_ceiling(plan->squares, most);
  if (plan->by_blocks && plan->shares) {
    size_t rounds = ck_ceiling(plan->blocks, plan->lanes);
    plan->blocks = plan->lanes * (rounds < 2 ? 2 : rounds);
  }
  plan->blocks = ck_smaller(plan->blocks, plan->squares);
  plan->block = ck_ceiling(plan->squares, plan->blocks);
  // A little more than a power of two, so that products lie in different lines of the first-level cache.
  plan->inputs = plan->block * plan->row + 16;
  plan->sums = plan->block * PANEL + 16;
  plan->sums_start = ck_ceiling(plan->products * plan->inputs, 16) * 64;
  plan->counters = plan->sums_start + ck_ceiling(plan->products * plan->sums, 16) * 64;
  plan->lane_bytes = plan->counters + ck_ceiling(plan->by_blocks ? 1 : plan->blocks, 8) * 64;
}

size_t ck_winograd_workspace(const ck_panels_spec *spec, size_t side) {
  ck_winograd_plan plan;
  divide(spec, side, &plan);
  return plan.lanes * plan.lane_bytes;
}

void ck_winograd_run(const ck_panels_spec *spec, size_t side, const ck_panels_operands *operands) {
  ck_winograd_job job = {.spec = spec, .operands = operands};
  divide(spec, side, &job.plan);
  for (size_t lane = 0; lane < job.plan.lanes; lane++) {
    char *space = (char *)operands->workspace + lane * job.plan.lane_bytes;
    memset(space + job.plan.counters, 0, job.plan.lane_bytes - job.plan.counters);
  }
  void (*const lanes)(void *, size_t, size_t) =
      spec->precision == CK_BFLOAT16 ? ck_winograd_lanes_bfloat16 : ck_winograd_lanes_float32;
  ck_parallel_for(job.plan.lanes, 1, lanes, &job);
}

#if !defined(__x86_64__)

// Never called here.
void ck_winograd_lanes_float32(void *job, size_t begin, size_t end) { (void)job, (void)begin, (void)end; }
void ck_winograd_lanes_bfloat16(void *job, size_t begin, size_t end) { (void)job, (void)begin, (void)end; }

#endif
