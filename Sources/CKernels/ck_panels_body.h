// A lane's share of packed products in one precision; included once for each, by a file that defines
//   PRECISION     the ck_precision
//   TARGET        the attribute of every function
//   LANES         the name of the function for ck_panels.c
//   SUM           the type of a vector of sixteen sums; ZERO_SUM
//   STEP(s, x, w) the sum s and the products of a group that is the same sixteen times with sixteen groups of weights

#include <immintrin.h>

#include "ck_bf16_tile.h"
#include "ck_panels.h"
#include "ck_share.h"

#define INLINE TARGET static inline __attribute__((always_inline))

#include "ck_panels_math.h"
#include "ck_panels_tile.h"

// Bytes of an element of a's copy, and of a itself.
enum { COPIED = PRECISION == CK_FLOAT32 ? 4 : PRECISION == CK_BFLOAT16 ? 2 : 1 };

// Copies and converts `count` elements; up to 63 bytes behind them are not written.
INLINE void copy_elements(char *to, const char *from, size_t count, ck_element type) {
  if (PRECISION == CK_BFLOAT16 && type == CK_ELEMENT_FLOAT32) {
    for (size_t i = 0; i < count; i += 32) {
      uint32_t mask = count - i < 32 ? (1u << (count - i)) - 1 : ~0u;
      __m512 low = _mm512_maskz_loadu_ps((__mmask16)mask, from + i * 4);
      __m512 high = _mm512_maskz_loadu_ps((__mmask16)(mask >> 16), from + i * 4 + 64);
#if defined(ROUND_PAIR)
      _mm512_mask_storeu_epi16(to + i * 2, mask, ROUND_PAIR(low, high));
#else
      (void)low, (void)high, (void)mask;
#endif
    }
    return;
  }
  size_t bytes = count * COPIED;
  const __m512i flip = _mm512_set1_epi8(PRECISION == CK_INTEGER8 && type == CK_ELEMENT_INT8 ? -128 : 0);
  for (size_t i = 0; i < bytes; i += 64) {
    uint64_t mask = bytes - i < 64 ? (1ull << (bytes - i)) - 1 : ~0ull;
    __m512i value = _mm512_maskz_loadu_epi8(mask, from + i);
    if (PRECISION == CK_INTEGER8) value = _mm512_xor_si512(value, flip);
    _mm512_mask_storeu_epi8(to + i, mask, value);
  }
}

INLINE void fill_elements(char *to, size_t count, int byte) {
  __m512i value = _mm512_set1_epi8((char)byte);
  for (size_t i = 0; i < count * COPIED; i += 64) {
    uint64_t mask = count * COPIED - i < 64 ? (1ull << (count * COPIED - i)) - 1 : ~0ull;
    _mm512_mask_storeu_epi8(to + i, mask, value);
  }
}

// The elements `first` to `last` of a row of a's copy, while it is written from left to right.
typedef struct {
  char *to;
  size_t first, last;
} row_window;

// Writes elements [begin, end) of the row where they lie in the window: from `from`, which belongs to `begin`, or padding.
INLINE void write_elements(const row_window *w, size_t begin, size_t end, const char *from, size_t size, ck_element type, int pad) {
  size_t start = begin < w->first ? w->first : begin, stop = ck_smaller(end, w->last);
  if (start >= stop) return;
  char *to = w->to + (start - w->first) * COPIED;
  if (from) copy_elements(to, from + (start - begin) * size, stop - start, type);
  else fill_elements(to, stop - start, pad);
}

// Elements `begin` to `begin` + `count` of a row of the copy, from one kernel position of the picture at `position` (its
// batch and its three coordinates), or several that lie together in it.
INLINE void copy_line(
    const row_window *w, const ck_conv_spec *p, const char *a, const int64_t position[4], size_t begin, int64_t line, size_t size,
    ck_element type, int pad) {
  const size_t channels = (size_t)p->in_channels, end = begin + (size_t)line * channels;
  if (end <= w->first || begin >= w->last) return;
  if (position[1] < 0 || position[1] >= p->in[0] || position[2] < 0 || position[2] >= p->in[1]) {
    write_elements(w, begin, end, NULL, size, type, pad);
    return;
  }
  // Positions low to high of the line are in the picture.
  const int64_t x = position[3], room = p->in[2] - x;
  int64_t low = x < 0 ? -x : 0, high = room > line ? line : room;
  if (low > line) low = line;
  if (high < low) high = low;
  const int64_t row = (position[0] * p->in[0] + position[1]) * p->in[1] + position[2];
  const char *from = a + (row * p->in[2] + x + low) * (int64_t)(channels * size);
  size_t inner = begin + (size_t)low * channels, outer = begin + (size_t)high * channels;
  if (low > 0) write_elements(w, begin, inner, NULL, size, type, pad);
  if (high > low) write_elements(w, inner, outer, from, size, type, pad);
  if (high < line) write_elements(w, outer, end, NULL, size, type, pad);
}

// Rows from `row` of a, or of the patches, groups from `first` to `last`, into the lane's copy.
INLINE void copy_rows_of(
    const ck_panels_job *j, size_t row, size_t rows, size_t first, size_t last, uint32_t *copy, const ck_element type) {
  const ck_panels_spec *s = j->spec;
  const size_t group = 4 / COPIED, size = type == CK_ELEMENT_FLOAT32 ? 4 : type == CK_ELEMENT_BFLOAT16 ? 2 : 1;
  const int pad = PRECISION != CK_INTEGER8 ? 0 : type == CK_ELEMENT_INT8 ? (s->a_zero + 128) & 255 : s->a_zero;
  const char *a = j->operands->a;
  row_window w = {(char *)copy, first * group, ck_smaller(last * group, s->k)};
  const ck_conv_spec *p = &s->patches;
  const size_t channels = (size_t)p->in_channels;
  const bool together = p->dilations[2] == 1 || p->kernel[2] == 1;
  const int64_t line = together ? p->kernel[2] : 1, width = together ? 1 : p->kernel[2];
  const size_t line_size = (size_t)line * channels;
  int64_t place[4] = {0};
  if (s->has_patches) {
    size_t rest = row;
    for (int axis = 2; axis >= 0; axis--) place[axis + 1] = (int64_t)(rest % (size_t)p->out[axis]), rest /= (size_t)p->out[axis];
    place[0] = (int64_t)rest;
  }
  for (size_t i = 0; i < rows; i++, w.to += j->plan.stride * 4) {
    // The last group's absent depths meet weights that are 0.
    if (w.last % group) memset(w.to + (last - first - 1) * 4, 0, 4);
    if (!s->has_patches) {
      write_elements(&w, 0, s->k, a + (row + i) * s->k * size, size, type, pad);
      continue;
    }
    int64_t corner[3];
    bool is_inside = w.first == 0 && w.last == s->k && width == 1;
    for (int axis = 0; axis < 3; axis++) {
      corner[axis] = place[axis + 1] * p->strides[axis] - p->before[axis];
      is_inside &= corner[axis] >= 0 && corner[axis] + (p->kernel[axis] - 1) * p->dilations[axis] < p->in[axis];
    }
    char *to = w.to;
    size_t begin = 0;
    for (int64_t d = 0; d < p->kernel[0]; d++) {
      for (int64_t h = 0; h < p->kernel[1]; h++) {
        int64_t at[4] = {place[0], corner[0] + d * p->dilations[0], corner[1] + h * p->dilations[1], corner[2]};
        if (is_inside) {
          const int64_t from = ((at[0] * p->in[0] + at[1]) * p->in[1] + at[2]) * p->in[2] + at[3];
          copy_elements(to, a + from * (int64_t)(channels * size), line_size, type);
          to += line_size * COPIED;
          continue;
        }
        for (int64_t x = 0; x < width; x++, begin += line_size, at[3] += p->dilations[2])
          copy_line(&w, p, a, at, begin, line, size, type, pad);
      }
    }
    for (int axis = 2; axis >= 0 && ++place[axis + 1] == p->out[axis]; axis--) place[axis + 1] = 0, place[axis] += axis == 0;
  }
}

TARGET __attribute__((noinline)) static void copy_rows(const ck_panels_job *j, size_t row, size_t rows, size_t first, size_t last, uint32_t *copy) {
  switch (j->spec->a) {
    case CK_ELEMENT_FLOAT32: return copy_rows_of(j, row, rows, first, last, copy, CK_ELEMENT_FLOAT32);
    case CK_ELEMENT_BFLOAT16: return copy_rows_of(j, row, rows, first, last, copy, CK_ELEMENT_BFLOAT16);
    case CK_ELEMENT_UINT8: return copy_rows_of(j, row, rows, first, last, copy, CK_ELEMENT_UINT8);
    case CK_ELEMENT_INT8: return copy_rows_of(j, row, rows, first, last, copy, CK_ELEMENT_INT8);
  }
}

// Sixteen numbers, those of absent columns 0.
INLINE __m512 load_numbers(const char *from, size_t place, ck_element type, ck_scale scale, __mmask16 mask) {
  switch (type) {
    case CK_ELEMENT_BFLOAT16: {
      __m256i half = _mm256_maskz_loadu_epi16(mask, from + place * 2);
      return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
    }
    case CK_ELEMENT_UINT8:
    case CK_ELEMENT_INT8: {
      __m128i bytes = _mm_maskz_loadu_epi8(mask, from + place);
      __m512i wide = type == CK_ELEMENT_UINT8 ? _mm512_cvtepu8_epi32(bytes) : _mm512_cvtepi8_epi32(bytes);
      __m512 shifted = _mm512_cvtepi32_ps(_mm512_sub_epi32(wide, _mm512_set1_epi32(scale.zero)));
      return _mm512_mul_ps(shifted, _mm512_set1_ps(scale.scale));
    }
    default: return _mm512_maskz_loadu_ps(mask, from + place * 4);
  }
}

// Sixteen real numbers as integers of `type` less their zero: to nearest, ties to even, saturated. `inverse` is 1 / scale.
// Where there may be NaN, which becomes the integer 0, or infinity, numbers are not all `finite`.
INLINE __m512i quantized(__m512 value, ck_element type, ck_scale scale, float inverse, bool finite) {
  const int low = type == CK_ELEMENT_UINT8 ? 0 : -128;
  const __m512 least = _mm512_set1_ps((float)(low - scale.zero)), most = _mm512_set1_ps((float)(low + 255 - scale.zero));
  // The quotient, corrected by what it leaves over: as a division rounds it.
  __m512 quotient = _mm512_mul_ps(value, _mm512_set1_ps(inverse));
  // Infinity would leave NaN over.
  if (!finite) quotient = _mm512_min_ps(_mm512_max_ps(quotient, _mm512_set1_ps(-1e6f)), _mm512_set1_ps(1e6f));
  __m512 rest = _mm512_fnmadd_ps(quotient, _mm512_set1_ps(scale.scale), value);
  quotient = _mm512_fmadd_ps(rest, _mm512_set1_ps(inverse), quotient);
  quotient = _mm512_min_ps(_mm512_max_ps(quotient, least), most);
  if (!finite) {
    __mmask16 is_number = _mm512_cmp_ps_mask(value, value, _CMP_ORD_Q);
    quotient = _mm512_mask_mov_ps(_mm512_set1_ps((float)-scale.zero), is_number, quotient);
  }
  return _mm512_cvtps_epi32(quotient);
}

INLINE void store_numbers(
    char *to, size_t place, __m512 value, ck_element type, ck_scale scale, float inverse, bool finite, __mmask16 mask) {
  switch (type) {
    case CK_ELEMENT_BFLOAT16:
#if defined(ROUND_ONE)
      _mm256_mask_storeu_epi16(to + place * 2, mask, ROUND_ONE(value));
#endif
      break;
    case CK_ELEMENT_UINT8:
    case CK_ELEMENT_INT8: {
      __m512i whole = _mm512_add_epi32(quantized(value, type, scale, inverse, finite), _mm512_set1_epi32(scale.zero));
      _mm_mask_storeu_epi8(to + place, mask, _mm512_cvtepi32_epi8(whole));
      break;
    }
    default: _mm512_mask_storeu_ps(to + place * 4, mask, value);
  }
}

// The sums of one panel: where they belong in the problem, and the sums of a's rows where the matrix has a zero.
typedef struct {
  size_t column, columns, row, rows;
  const int32_t *row_sums;
} panel_place;

// What sixteen columns have in common.
typedef struct {
  __mmask16 mask;
  __m512 bias, scale, inner_bias;
  __m512i offset;
} column_facts;

INLINE column_facts facts(const ck_panels_job *j, size_t column, size_t columns) {
  const ck_panels_spec *s = j->spec;
  const ck_panels_operands *o = j->operands;
  column_facts f = {.mask = (__mmask16)(columns < 16 ? (1u << columns) - 1 : 0xFFFF)};
  if (columns == 0) return f;
  f.bias = o->bias ? _mm512_maskz_loadu_ps(f.mask, o->bias + column) : _mm512_setzero_ps();
#if defined(INTEGER_SUMS)
  const int32_t *column_sums = (const int32_t *)o->packed + ck_panels_groups(s->n, j->plan.groups);
  __m512i zero = _mm512_set1_epi32(s->a_zero + (s->a == CK_ELEMENT_INT8 ? 128 : 0));
  f.offset = _mm512_mullo_epi32(_mm512_maskz_loadu_epi32(f.mask, column_sums + column), zero);
  f.scale = _mm512_maskz_loadu_ps(f.mask, o->scales + column);
  f.inner_bias = o->inner_bias ? _mm512_maskz_loadu_ps(f.mask, o->inner_bias + column) : _mm512_setzero_ps();
#else
  (void)s;
#endif
  return f;
}

// Sums as real numbers, with the bias.
INLINE __m512 with_bias(
    const ck_panels_spec *s, const uint32_t *sums, const int32_t *row_sum, const column_facts *f, float inverse) {
#if defined(INTEGER_SUMS)
  __m512i exact = _mm512_sub_epi32(_mm512_loadu_si512(sums), f->offset);
  if (row_sum) exact = _mm512_sub_epi32(exact, _mm512_set1_epi32(*row_sum));
  __m512 v = _mm512_add_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(exact), f->scale), f->inner_bias);
  if (s->rounds) {
    v = _mm512_cvtepi32_ps(quantized(v, s->rounded, s->rounding, inverse, s->finite));
    v = _mm512_mul_ps(v, _mm512_set1_ps(s->rounding.scale));
  }
#else
  __m512 v = _mm512_loadu_ps(sums);
  (void)s, (void)row_sum, (void)inverse;
#endif
  return _mm512_add_ps(v, f->bias);
}

// What follows the sums of a panel, for one activation.
INLINE void finish_with(const ck_panels_job *j, const panel_place *e, const uint32_t *sums, const ck_activation activation) {
  const ck_panels_spec *s = j->spec;
  const ck_panels_operands *o = j->operands;
  const bool first = o->residual && s->adds_first, last = o->residual && !s->adds_first;
  const ck_element type = s->y, added = s->residual;
  const ck_scale scale = s->y_scale, residual_scale = s->residual_scale;
  const float inverse = 1 / scale.scale, inner = 1 / s->rounding.scale;
  // A float residual may be anything.
  const bool finite = s->finite && (!o->residual || added == CK_ELEMENT_UINT8 || added == CK_ELEMENT_INT8);
  const int vectors = e->columns > 16 ? 2 : 1;
  const column_facts all[2] = {facts(j, e->column, e->columns), facts(j, e->column + 16, vectors > 1 ? e->columns - 16 : 0)};
  size_t start = e->row * s->n + e->column;
  for (size_t i = 0; i < e->rows; i++, sums += PANEL, start += s->n) {
    for (int v = 0; v < vectors; v++) {
      const column_facts *f = &all[v];
      const size_t place = start + 16 * (size_t)v;
      __m512 value = with_bias(s, sums + 16 * v, e->row_sums ? e->row_sums + i : NULL, f, inner);
      if (first) value = _mm512_add_ps(value, load_numbers(o->residual, place, added, residual_scale, f->mask));
      value = activated(value, activation);
      if (last) value = _mm512_add_ps(value, load_numbers(o->residual, place, added, residual_scale, f->mask));
      store_numbers(o->y, place, value, type, scale, inverse, finite, f->mask);
    }
  }
}

TARGET __attribute__((noinline)) static void finish(const ck_panels_job *j, const panel_place *e, const uint32_t *sums) {
  switch (j->spec->activation) {
    case CK_ACTIVATION_NONE: return finish_with(j, e, sums, CK_ACTIVATION_NONE);
    case CK_ACTIVATION_RELU: return finish_with(j, e, sums, CK_ACTIVATION_RELU);
    case CK_ACTIVATION_GELU: return finish_with(j, e, sums, CK_ACTIVATION_GELU);
    case CK_ACTIVATION_GELU_TANH: return finish_with(j, e, sums, CK_ACTIVATION_GELU_TANH);
    case CK_ACTIVATION_SILU: return finish_with(j, e, sums, CK_ACTIVATION_SILU);
    case CK_ACTIVATION_SIGMOID: return finish_with(j, e, sums, CK_ACTIVATION_SIGMOID);
  }
}

#if defined(INTEGER_SUMS)
// Adds w's zero times the elements of each row, less a's zero, to the sums of a's rows.
TARGET static void sum_rows(
    const ck_panels_spec *s, const uint32_t *copy, size_t stride, size_t rows, size_t groups, size_t depths, int32_t *row_sums) {
  const int32_t zero = s->a_zero + (s->a == CK_ELEMENT_INT8 ? 128 : 0);
  for (size_t i = 0; i < rows; i++, copy += stride) {
    __m512i sum = _mm512_setzero_si512();
    for (size_t k = 0; k < groups; k += 16) {
      __mmask16 mask = (__mmask16)(groups - k < 16 ? (1u << (groups - k)) - 1 : 0xFFFF);
      sum = _mm512_dpbusd_epi32(sum, _mm512_maskz_loadu_epi32(mask, copy + k), _mm512_set1_epi8(1));
    }
    row_sums[i] += s->w_zero * (_mm512_reduce_add_epi32(sum) - (int32_t)depths * zero);
  }
}
#endif

// Fetches where the results of a panel go and what is added to them: rows lie too far apart for the processor to foresee.
TARGET __attribute__((noinline)) static void fetch_results(const ck_panels_job *j, size_t column, size_t columns, size_t row, size_t rows) {
  static const size_t sizes[] = {4, 2, 1, 1};
  const ck_panels_spec *s = j->spec;
  const ck_panels_operands *o = j->operands;
  const size_t size = sizes[s->y], added = sizes[s->residual];
  for (size_t place = row * s->n + column; rows > 0; rows--, place += s->n) {
    const char *y = (const char *)o->y + place * size, *residual = (const char *)o->residual + place * added;
    for (size_t byte = 0; byte < columns * size; byte += 64) __builtin_prefetch(y + byte, 1, 2);
    if (o->residual && o->residual != o->y)
      for (size_t byte = 0; byte < columns * added; byte += 64) __builtin_prefetch(residual + byte, 0, 2);
  }
}

// The panels of a share for a block of rows.
TARGET static void run_block(const ck_panels_job *j, char *space, size_t row, size_t rows, ck_share panels) {
  const ck_panels_spec *s = j->spec;
  const ck_panels_plan *plan = &j->plan;
  const uint32_t *packed = j->operands->packed;
  uint32_t *copy = (uint32_t *)space, *sums = (uint32_t *)(space + plan->sums);
  int32_t *row_sums = s->w_zero ? (int32_t *)(space + plan->row_sums) : NULL;
  if (row_sums) memset(row_sums, 0, rows * sizeof *row_sums);
  const bool whole = plan->depth == plan->groups;
  for (size_t first = 0; first < plan->groups; first += plan->depth) {
    size_t depth = ck_smaller(plan->depth, plan->groups - first), mine = 0;
    copy_rows(j, row, rows, first, first + depth, copy);
#if defined(INTEGER_SUMS)
    size_t depths = ck_smaller((first + depth) * 4, s->k) - first * 4;
    if (row_sums) sum_rows(s, copy, plan->stride, rows, depth, depths, row_sums);
#endif
    for (size_t p; (p = ck_take_next(&panels, &mine)) != panels.last;) {
      size_t column = p * PANEL, columns = ck_smaller(PANEL, s->n - column);
      int vectors = columns > 16 ? 2 : 1;
      const uint32_t *panel = packed + ck_panel_start(p, plan->groups) + first * 16 * (size_t)vectors;
      uint32_t *to = sums + (whole ? 0 : (p - panels.first) * rows * PANEL);
      const bool ends = first + depth == plan->groups;
      if (ends) fetch_results(j, column, columns, row, rows);
      size_t next = panels.goes_down ? p - 1 : p + 1;
      bool has_next = panels.goes_down ? p > panels.first : next < panels.last;
      const uint32_t *ahead = has_next ? packed + ck_panel_start(next, plan->groups) + first * PANEL : NULL;
      tiles(rows, vectors, copy, plan->stride, panel, depth, to, first > 0, ahead);
      if (!ends) continue;
      panel_place place = {column, columns, row, rows, row_sums};
      finish(j, &place, to);
    }
  }
}

TARGET void LANES(void *context, size_t begin, size_t end) {
  const ck_panels_job *j = context;
  const ck_panels_plan *plan = &j->plan;
  const size_t m = j->spec->m, lanes = plan->lanes;
  for (size_t lane = begin; lane < end; lane++) {
    char *space = (char *)j->operands->workspace + lane * plan->lane_bytes;
    const size_t parts = plan->by_rows ? ck_ceiling(m, plan->block) : plan->panels;
    char *counters = (char *)j->operands->workspace + plan->counters;
    ck_share mine = ck_share_of(parts, lane, lanes, plan->shares, counters, plan->lane_bytes);
    if (mine.first == mine.last) continue;
    if (!plan->by_rows) {
      for (size_t row = 0; row < m; row += plan->block) {
        run_block(j, space, row, ck_smaller(plan->block, m - row), mine);
        // The next block counts anew.
        if (mine.taken) mine.taken++;
      }
      continue;
    }
    const ck_share all = {0, plan->panels, false, NULL};
    size_t count = 0;
    for (size_t part; (part = ck_take_next(&mine, &count)) != mine.last;)
      run_block(j, space, part * plan->block, ck_smaller(plan->block, m - part * plan->block), all);
  }
}
