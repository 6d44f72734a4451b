#include "ck_panels.h"

#include "ck_bf16.h"
#include "ck_bf16_tile.h"
#include "ck_cpu.h"
#include "ck_threads.h"

// What the rows of a block of a may take, so that they stay in the second-level cache while panels pass by.
// Blocks of rows for each lane where it has few.
enum { BLOCK_BYTES = 832 << 10, MOST_ROWS = 96, PARTS = 4 };

size_t ck_panels_bytes(ck_precision precision, size_t n, size_t k) {
  size_t columns = ck_ceiling(n, 16) * 16;
  return columns * (ck_ceiling(k, ck_group(precision)) + (precision == CK_INTEGER8)) * 4;
}

typedef struct {
  ck_precision precision;
  ck_panels_matrix matrix;
  size_t groups;
  char *packed;
} packing;

// Groups that are packed at once.
enum { AT_ONCE = 16 };

typedef float four __attribute__((vector_size(16)));

// Four depths of four columns that lie `step` bytes apart.
static inline void turn_four(const char *from, size_t step, float to[][PANEL]) {
  four a, b, c, d;
  memcpy(&a, from, sizeof a), memcpy(&b, from + step, sizeof b);
  memcpy(&c, from + 2 * step, sizeof c), memcpy(&d, from + 3 * step, sizeof d);
  const four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const four AB = __builtin_shufflevector(a, b, 2, 6, 3, 7), CD = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  const four lines[] = {
      __builtin_shufflevector(ab, cd, 0, 1, 4, 5), __builtin_shufflevector(ab, cd, 2, 3, 6, 7),
      __builtin_shufflevector(AB, CD, 0, 1, 4, 5), __builtin_shufflevector(AB, CD, 2, 3, 6, 7)};
  for (int i = 0; i < 4; i++) memcpy(to[i], &lines[i], sizeof lines[i]);
}

// Groups `first` to `last` of `columns` columns of a panel that is `width` columns wide; floats.
static void pack_floats(const packing *p, size_t first, size_t last, size_t column, size_t columns, size_t width, char *to) {
  const ck_panels_matrix *m = &p->matrix;
  const size_t depth = m->taps * m->channels, size = ck_group(p->precision);
  const size_t start = first * size, end = ck_smaller(last * size, depth);
  const char *w = (const char *)m->w + column * m->column_stride * 4;
  const bool is_ready = p->precision == CK_FLOAT32 && m->column_stride == 1 && m->alpha == 1 && columns == width;
  float tile[AT_ONCE * 2][PANEL];
  if (columns < PANEL || end < last * size) memset(tile, 0, sizeof tile);
  size_t tap = start / m->channels, channel = start % m->channels;
  for (size_t k = start; k < end;) {
    const size_t line = ck_smaller(end - k, m->channels - channel);
    const char *from = w + (tap * m->tap_stride + channel * m->channel_stride) * 4;
    float(*to_line)[PANEL] = tile + (k - start);
    if (is_ready) {
      for (size_t i = 0; i < line; i++) memcpy(to + (k - start + i) * width * 4, from + i * m->channel_stride * 4, width * 4);
    } else if (m->column_stride == 1) {
      for (size_t i = 0; i < line; i++) memcpy(to_line[i], from + i * m->channel_stride * 4, columns * 4);
    } else {
      // Each column's weights are read together.
      size_t step = m->column_stride * 4, j = 0;
      if (m->channel_stride == 1 && line % 4 == 0)
        for (; j + 4 <= columns; j += 4, from += 4 * step)
          for (size_t i = 0; i < line; i += 4) turn_four(from + i * 4, step, (float(*)[PANEL])&to_line[i][j]);
      for (; j < columns; j++, from += step)
        for (size_t i = 0; i < line; i++) memcpy(&to_line[i][j], from + i * m->channel_stride * 4, 4);
    }
    k += line, channel = 0, tap++;
  }
  for (size_t group = 0; group < last - first && !is_ready; group++, to += width * 4) {
    if (p->precision == CK_FLOAT32) {
      float line[PANEL];
      for (size_t j = 0; j < PANEL; j++) line[j] = tile[group][j] * m->alpha;
      memcpy(to, line, width * 4);
    } else {
      uint32_t line[PANEL];
      for (size_t j = 0; j < PANEL; j++) {
        const float low = tile[2 * group][j] * m->alpha, high = tile[2 * group + 1][j] * m->alpha;
        line[j] = ck_bf16_rounded(low) | (uint32_t)ck_bf16_rounded(high) << 16;
      }
      memcpy(to, line, width * 4);
    }
  }
}

// One group of `columns` columns of a panel that is `width` columns wide; bytes.
static void pack_bytes(const packing *p, size_t group, size_t column, size_t columns, size_t width, char *to) {
  const ck_panels_matrix *m = &p->matrix;
  size_t depth = m->taps * m->channels;
  if (columns < width || depth % 4) memset(to, 0, width * 4);
  if (m->channel_stride == 1 && m->taps == 1 && (group + 1) * 4 <= depth) {
    const uint32_t flip = m->is_unsigned ? 0x80808080u : 0;
    const char *from = (const char *)m->w + column * m->column_stride + group * 4;
    for (size_t j = 0; j < columns; j++, from += m->column_stride) {
      uint32_t four;
      memcpy(&four, from, sizeof four);
      four ^= flip;
      memcpy(to + j * 4, &four, sizeof four);
    }
    return;
  }
  const char flip = m->is_unsigned ? -128 : 0;
  for (size_t part = 0; part < 4 && group * 4 + part < depth; part++) {
    size_t k = group * 4 + part;
    const size_t place = k / m->channels * m->tap_stride + k % m->channels * m->channel_stride + column * m->column_stride;
    const char *from = (const char *)m->w + place;
    for (size_t j = 0; j < columns; j++, from += m->column_stride) to[j * 4 + part] = *from ^ flip;
  }
}

// Groups `first` to `last` of the panel that begins at `column`.
static void pack_groups(const packing *p, size_t first, size_t last, size_t column) {
  size_t columns = ck_smaller(PANEL, p->matrix.columns - column), width = columns > 16 ? PANEL : 16;
  char *to = p->packed + (column * p->groups + first * width) * 4;
  if (p->precision != CK_INTEGER8) return pack_floats(p, first, last, column, columns, width, to);
  for (size_t group = first; group < last; group++, to += width * 4) pack_bytes(p, group, column, columns, width, to);
}

// Groups from AT_ONCE begin to AT_ONCE end of all panels: rows of w are read from end to end.
static void pack_rows(void *context, size_t begin, size_t end) {
  const packing *p = context;
  for (size_t part = begin; part < end; part++)
    for (size_t column = 0; column < p->matrix.columns; column += PANEL)
      pack_groups(p, part * AT_ONCE, ck_smaller((part + 1) * AT_ONCE, p->groups), column);
}

// Panels `begin` to `end`: columns of w are read from end to end.
static void pack_panels(void *context, size_t begin, size_t end) {
  const packing *p = context;
  for (size_t panel = begin; panel < end; panel++)
    for (size_t first = 0; first < p->groups; first += AT_ONCE)
      pack_groups(p, first, ck_smaller(first + AT_ONCE, p->groups), panel * PANEL);
}

// Sums of the columns from `begin` to `end`.
static void sum_columns(void *context, size_t begin, size_t end) {
  const packing *p = context;
  int32_t *sums = (int32_t *)p->packed + ck_panels_groups(p->matrix.columns, p->groups);
  for (size_t column = begin; column < end; column++) {
    size_t panel = column / PANEL * PANEL, width = p->matrix.columns - panel > 16 ? PANEL : 16;
    const signed char *from = (const signed char *)p->packed + (panel * p->groups + column % PANEL) * 4;
    int32_t sum = 0;
    for (size_t group = 0; group < p->groups; group++, from += width * 4) sum += from[0] + from[1] + from[2] + from[3];
    sums[column] = sum;
  }
}

void ck_panels_pack(ck_precision precision, const ck_panels_matrix *matrix, void *packed) {
  packing p = {precision, *matrix, ck_ceiling(matrix->taps * matrix->channels, ck_group(precision)), packed};
  if (matrix->column_stride == 1) ck_parallel_for(ck_ceiling(p.groups, AT_ONCE), 1, pack_rows, &p);
  else ck_parallel_for(ck_ceiling(matrix->columns, PANEL), 1, pack_panels, &p);
  if (precision != CK_INTEGER8) return;
  memset((int32_t *)packed + ck_panels_groups(matrix->columns, p.groups), 0, ck_ceiling(matrix->columns, 16) * 64);
  ck_parallel_for(matrix->columns, 32, sum_columns, &p);
}

void ck_panels_divide(const ck_panels_spec *s, ck_panels_plan *plan) {
  plan->lanes = s->threads ? s->threads : 1;
  plan->groups = ck_ceiling(s->k, ck_group(s->precision));
  plan->panels = ck_ceiling(s->n, PANEL);
  plan->depth = plan->groups > WHOLE ? DEPTH : plan->groups;
  // No multiple of a page, so that the rows of a tile lie in different lines of the first-level cache.
  plan->stride = ck_ceiling(plan->depth, 16) * 16 + 16;
  size_t most = BLOCK_BYTES / (plan->stride * 4) / TILE * TILE;
  most = most < TILE ? TILE : ck_smaller(most, MOST_ROWS);
  // Patches are not copied by every lane where that can be helped.
  const bool has_many = s->has_patches || s->m >= s->n || s->m >= 2 * plan->lanes * most;
  plan->by_rows = s->m >= 2 * TILE * plan->lanes && has_many;
  const bool whole = plan->depth == plan->groups;
  // Sums of parts of the depth belong to one lane.
  plan->shares = plan->lanes > 1 && (plan->by_rows || whole);
  // Of rows each lane has several blocks, so that two can share them.
  size_t blocks = plan->by_rows ? plan->lanes * ck_ceiling(ck_ceiling(s->m, plan->lanes), most) : ck_ceiling(s->m, most);
  if (plan->by_rows && blocks < PARTS * plan->lanes) {
    blocks = ck_smaller(PARTS * plan->lanes, s->m / (2 * TILE));
    if (blocks < plan->lanes) blocks = plan->lanes;
  }
  // Groups as they are; rows of a tile must not all lie in the same lines of the first-level cache.
  static const ck_element packed[] = {CK_ELEMENT_FLOAT32, CK_ELEMENT_BFLOAT16, CK_ELEMENT_UINT8};
  const bool fits = s->a == packed[s->precision] && s->k % ck_group(s->precision) == 0 && plan->groups % 1024 != 0;
  plan->reads_rows = fits && !s->has_patches && !s->gate_rows;
  if (plan->reads_rows) plan->stride = plan->groups;
  plan->block = blocks ? ck_smaller(most, ck_ceiling(s->m, blocks)) : TILE;
  // Where sums are added up in parts those of all panels are kept; behind them lie the sums of a's rows.
  size_t kept = whole ? 1 : plan->by_rows ? plan->panels : ck_ceiling(plan->panels, plan->lanes);
  plan->sums = plan->reads_rows ? 0 : ck_ceiling(plan->block * plan->stride * 4, 64) * 64;
  plan->row_sums = plan->sums + plan->block * kept * PANEL * 4;
  plan->counters = plan->row_sums + ck_ceiling(plan->block, 16) * 64;
  size_t counters = plan->by_rows ? 1 : ck_ceiling(s->m, plan->block);
  plan->lane_bytes = plan->counters + ck_ceiling(counters, 8) * 64;
}

size_t ck_panels_workspace(const ck_panels_spec *spec) {
  ck_panels_plan plan;
  ck_panels_divide(spec, &plan);
  return plan.lanes * plan.lane_bytes;
}

#if defined(__x86_64__)

bool ck_panels_available(ck_precision precision) {
  if (ck_cpu_level() < 4) return false;
  switch (precision) {
    case CK_FLOAT32: return true;
    case CK_BFLOAT16: return ck_bf16_available();
    case CK_INTEGER8: return __builtin_cpu_supports("avx512vnni");
  }
  return false;
}

#else

bool ck_panels_available(ck_precision precision) {
  (void)precision;
  return false;
}

// Never called here.
void ck_panels_lanes_float32(void *job, size_t begin, size_t end) { (void)job, (void)begin, (void)end; }
void ck_panels_lanes_bfloat16(void *job, size_t begin, size_t end) { (void)job, (void)begin, (void)end; }
void ck_panels_lanes_integer8(void *job, size_t begin, size_t end) { (void)job, (void)begin, (void)end; }

#endif

static void (*lanes_of(ck_precision precision))(void *, size_t, size_t) {
  switch (precision) {
    case CK_FLOAT32: return ck_panels_lanes_float32;
    case CK_BFLOAT16: return ck_panels_lanes_bfloat16;
    case CK_INTEGER8: return ck_panels_lanes_integer8;
  }
  return NULL;
}

void ck_panels_run(const ck_panels_spec *spec, const ck_panels_operands *operands) {
  ck_panels_job job = {.spec = spec, .operands = operands};
  ck_panels_divide(spec, &job.plan);
  if (job.plan.shares)
    for (size_t lane = 0; lane < job.plan.lanes; lane += 2) {
      char *space = (char *)operands->workspace + lane * job.plan.lane_bytes;
      memset(space + job.plan.counters, 0, job.plan.lane_bytes - job.plan.counters);
    }
  ck_parallel_for(job.plan.lanes, 1, lanes_of(spec->precision), &job);
}

typedef struct {
  ck_panels_spec spec;
  const ck_panels_operands *operands;
  ck_panels_matrix matrix;
  size_t lanes, count, lane_bytes, packed_bytes;
  const size_t *a_offsets, *w_offsets;
} pairs_job;

static size_t pair_bytes(const ck_panels_spec *spec, size_t *packed) {
  ck_panels_spec one = *spec;
  one.threads = 1;
  *packed = ck_ceiling(ck_panels_bytes(spec->precision, spec->n, spec->k), 64) * 64;
  return *packed + ck_ceiling(ck_panels_workspace(&one), 64) * 64;
}

size_t ck_panels_pairs_workspace(const ck_panels_spec *spec) {
  size_t packed;
  return (spec->threads ? spec->threads : 1) * pair_bytes(spec, &packed);
}

// A lane's share of the pairs.
static void run_pairs(void *context, size_t begin, size_t end) {
  const pairs_job *p = context;
  const size_t elements = p->spec.m * p->spec.n;
  for (size_t lane = begin; lane < end; lane++) {
    char *space = (char *)p->operands->workspace + lane * p->lane_bytes;
    for (size_t i = p->count * lane / p->lanes; i < p->count * (lane + 1) / p->lanes; i++) {
      ck_panels_matrix matrix = p->matrix;
      matrix.w = (const char *)matrix.w + p->w_offsets[i];
      ck_panels_pack(p->spec.precision, &matrix, space);
      ck_panels_operands o = *p->operands;
      o.a = (const char *)o.a + p->a_offsets[i];
      if (o.residual) o.residual = (const char *)o.residual + i * elements * ck_element_size(p->spec.residual);
      o.y = (char *)o.y + i * elements * ck_element_size(p->spec.y);
      o.packed = space;
      o.workspace = space + p->packed_bytes;
      ck_panels_run(&p->spec, &o);
    }
  }
}

void ck_panels_run_pairs(
    const ck_panels_spec *spec, const ck_panels_operands *operands, const ck_panels_matrix *matrix, size_t count,
    const size_t *a_offsets, const size_t *w_offsets) {
  pairs_job job = {*spec, operands, *matrix, spec->threads ? spec->threads : 1, count, 0, 0, a_offsets, w_offsets};
  job.spec.threads = 1;
  job.lane_bytes = pair_bytes(spec, &job.packed_bytes);
  ck_parallel_for(job.lanes, 1, run_pairs, &job);
}
