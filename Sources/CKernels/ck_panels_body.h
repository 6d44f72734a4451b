// A lane's share of packed products in one precision; included once for each, by a file that defines
//   PRECISION     the ck_precision
//   TARGET        the attribute of every function
//   LANES         the name of the function for ck_panels.c
//   SUM           the type of a vector of sixteen sums; ZERO_SUM
//   STEP(s, x, w) the sum s and the products of a group that is the same sixteen times with sixteen groups of weights

#include <immintrin.h>

#include "ck_bf16_lanes.h"
#include "ck_bf16_tile.h"
#include "ck_panels.h"
#include "ck_share.h"

#define INLINE TARGET static inline __attribute__((always_inline))

#include "ck_panels_math.h"
#include "ck_panels_tile.h"

// Sixteen numbers, those of absent columns 0.
INLINE __m512 load_numbers(const char *from, size_t place, ck_element type, ck_scale scale, __mmask16 mask) {
  switch (type) {
    case CK_ELEMENT_BFLOAT16: return load_lanes(from, place, true, mask);
    case CK_ELEMENT_UINT8:
    case CK_ELEMENT_INT8: {
      __m128i bytes = _mm_maskz_loadu_epi8(mask, from + place);
      __m512i wide = type == CK_ELEMENT_UINT8 ? _mm512_cvtepu8_epi32(bytes) : _mm512_cvtepi8_epi32(bytes);
      __m512 shifted = _mm512_cvtepi32_ps(_mm512_sub_epi32(wide, _mm512_set1_epi32(scale.zero)));
      return _mm512_mul_ps(shifted, _mm512_set1_ps(scale.scale));
    }
    default: return load_lanes(from, place, false, mask);
  }
}

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
  const size_t bytes = count * COPIED, full = bytes / 64 * 64;
  const bool is_signed = PRECISION == CK_INTEGER8 && type == CK_ELEMENT_INT8;
  const __m512i flip = _mm512_set1_epi8(is_signed ? -128 : 0);
#pragma clang loop unroll(disable)
  for (size_t i = 0; i < full; i += 64) {
    __m512i value = _mm512_loadu_si512(from + i);
    _mm512_storeu_si512(to + i, is_signed ? _mm512_xor_si512(value, flip) : value);
  }
  if (full == bytes) return;
  const uint64_t mask = (1ull << (bytes - full)) - 1;
  __m512i value = _mm512_maskz_loadu_epi8(mask, from + full);
  _mm512_mask_storeu_epi8(to + full, mask, is_signed ? _mm512_xor_si512(value, flip) : value);
}

#if !defined(INTEGER_SUMS)
// Copies `count` elements multiplied with as many of the gate, and converts the products.
INLINE void copy_gated(char *to, const char *from, const float *gate, size_t count, ck_element type) {
  const ck_scale none = {1, 0};
  for (size_t i = 0; i < count; i += 32) {
    const uint32_t mask = count - i < 32 ? (1u << (count - i)) - 1 : ~0u;
    const __mmask16 lower = (__mmask16)mask, upper = (__mmask16)(mask >> 16);
    __m512 low = _mm512_mul_ps(load_numbers(from, i, type, none, lower), _mm512_maskz_loadu_ps(lower, gate + i));
    __m512 high = _mm512_mul_ps(load_numbers(from, i + 16, type, none, upper), _mm512_maskz_loadu_ps(upper, gate + i + 16));
#if defined(ROUND_PAIR)
    _mm512_mask_storeu_epi16(to + i * 2, mask, ROUND_PAIR(low, high));
#else
    _mm512_mask_storeu_ps(to + i * 4, lower, low);
    _mm512_mask_storeu_ps(to + i * 4 + 64, upper, high);
#endif
  }
}
#endif

// The same for elements that stay as they are, with what lies behind them up to the next 32 or 64 bytes.
INLINE void copy_over(char *to, const char *from, size_t bytes, const bool is_signed) {
  if (bytes <= 32) {
    const __m256i value = _mm256_loadu_si256((const __m256i *)from);
    _mm256_storeu_si256((__m256i *)to, is_signed ? _mm256_xor_si256(value, _mm256_set1_epi8(-128)) : value);
    return;
  }
#pragma clang loop unroll(disable)
  for (size_t i = 0; i < bytes; i += 64) {
    const __m512i value = _mm512_loadu_si512(from + i);
    _mm512_storeu_si512(to + i, is_signed ? _mm512_xor_si512(value, _mm512_set1_epi8(-128)) : value);
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
INLINE void write_elements(
    const row_window *w, size_t begin, size_t end, const char *from, size_t size, ck_element type, int pad) {
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
  const size_t group = 4 / COPIED, size = ck_element_size(type);
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
#if !defined(INTEGER_SUMS)
  if (j->operands->gate) {
    // Rows of a picture share a row of the gate.
    size_t shared = s->gate_rows - row % s->gate_rows;
    const float *gate = j->operands->gate + row / s->gate_rows * s->k + w.first;
    const char *from = a + (row * s->k + w.first) * size;
    for (; rows > 0; rows--, from += s->k * size, w.to += j->plan.stride * 4) {
      if (w.last % group) memset(w.to + (last - first - 1) * 4, 0, 4);
      copy_gated(w.to, from, gate, w.last - w.first, type);
      if (--shared == 0) shared = s->gate_rows, gate += s->k;
    }
    return;
  }
#endif
  // Bytes from a line of the kernel, and from a plane, to the next in the picture.
  const int64_t pixel = p->in_channels * (int64_t)size, line_step = p->in[2] * p->dilations[1] * pixel;
  const int64_t plane_step = p->in[1] * p->in[2] * p->dilations[0] * pixel;
  const bool takes_all = w.first == 0 && w.last == s->k && width == 1;
  // What lies behind a line is overwritten by the next one, and not beyond that.
  const size_t line_bytes = line_size * COPIED, over = ck_ceiling(line_bytes, line_bytes > 32 ? 64 : 32) * (line_bytes > 32 ? 64 : 32);
  const bool is_signed = PRECISION == CK_INTEGER8 && type == CK_ELEMENT_INT8, overwrites = size == COPIED && over <= 2 * line_bytes;
  int64_t corner[3] = {0};
  bool lines_inside = false;
  for (size_t i = 0; i < rows; i++, w.to += j->plan.stride * 4) {
    // The last group's absent depths meet weights that are 0.
    if (w.last % group) memset(w.to + (last - first - 1) * 4, 0, 4);
    if (!s->has_patches) {
      write_elements(&w, 0, s->k, a + (row + i) * s->k * size, size, type, pad);
      continue;
    }
    if (i == 0 || place[3] == 0) {
      lines_inside = takes_all;
      for (int axis = 0; axis < 2; axis++) {
        corner[axis] = place[axis + 1] * p->strides[axis] - p->before[axis];
        lines_inside &= corner[axis] >= 0 && corner[axis] + (p->kernel[axis] - 1) * p->dilations[axis] < p->in[axis];
      }
    }
    corner[2] = place[3] * p->strides[2] - p->before[2];
    if (lines_inside && corner[2] >= 0 && corner[2] + (p->kernel[2] - 1) * p->dilations[2] < p->in[2]) {
      const char *plane = a + (((place[0] * p->in[0] + corner[0]) * p->in[1] + corner[1]) * p->in[2] + corner[2]) * pixel;
      char *to = w.to;
      for (int64_t d = 0; d < p->kernel[0]; d++, plane += plane_step) {
        const char *from = plane;
        int64_t h = 0;
        for (; overwrites && h + 1 < p->kernel[1]; h++, from += line_step, to += line_bytes) copy_over(to, from, line_bytes, is_signed);
        for (; h < p->kernel[1]; h++, from += line_step, to += line_bytes) copy_elements(to, from, line_size, type);
      }
    } else {
      size_t begin = 0;
      for (int64_t d = 0; d < p->kernel[0]; d++) {
        for (int64_t h = 0; h < p->kernel[1]; h++) {
          int64_t at[4] = {place[0], corner[0] + d * p->dilations[0], corner[1] + h * p->dilations[1], corner[2]};
          for (int64_t x = 0; x < width; x++, begin += line_size, at[3] += p->dilations[2])
            copy_line(&w, p, a, at, begin, line, size, type, pad);
        }
      }
    }
    for (int axis = 2; axis >= 0 && ++place[axis + 1] == p->out[axis]; axis--) place[axis + 1] = 0, place[axis] += axis == 0;
  }
}

TARGET __attribute__((noinline)) static void copy_rows(
    const ck_panels_job *j, size_t row, size_t rows, size_t first, size_t last, uint32_t *copy) {
  switch (j->spec->a) {
    case CK_ELEMENT_FLOAT32: return copy_rows_of(j, row, rows, first, last, copy, CK_ELEMENT_FLOAT32);
    case CK_ELEMENT_BFLOAT16: return copy_rows_of(j, row, rows, first, last, copy, CK_ELEMENT_BFLOAT16);
    case CK_ELEMENT_UINT8: return copy_rows_of(j, row, rows, first, last, copy, CK_ELEMENT_UINT8);
    case CK_ELEMENT_INT8: return copy_rows_of(j, row, rows, first, last, copy, CK_ELEMENT_INT8);
  }
}

// Sixteen quotients as a division rounds them, corrected by what they leave over; `inverse` is 1 / scale.
INLINE __m512 quotient_of(__m512 value, float scale, float inverse, bool finite) {
  __m512 quotient = _mm512_mul_ps(value, _mm512_set1_ps(inverse));
  // Infinity would leave NaN over.
  if (!finite) quotient = _mm512_min_ps(_mm512_max_ps(quotient, _mm512_set1_ps(-1e6f)), _mm512_set1_ps(1e6f));
  __m512 rest = _mm512_fnmadd_ps(quotient, _mm512_set1_ps(scale), value);
  return _mm512_fmadd_ps(rest, _mm512_set1_ps(inverse), quotient);
}

// Sixteen real numbers as integers of `type` less their zero: to nearest, ties to even, saturated. `inverse` is 1 / scale.
// Where there may be NaN, which becomes the integer 0, or infinity, numbers are not all `finite`.
INLINE __m512 quantized(__m512 value, ck_element type, ck_scale scale, float inverse, bool finite) {
  const int low = type == CK_ELEMENT_UINT8 ? 0 : -128;
  const __m512 least = _mm512_set1_ps((float)(low - scale.zero)), most = _mm512_set1_ps((float)(low + 255 - scale.zero));
  __m512 quotient = quotient_of(value, scale.scale, inverse, finite);
  quotient = _mm512_min_ps(_mm512_max_ps(quotient, least), most);
  if (!finite) {
    __mmask16 is_number = _mm512_cmp_ps_mask(value, value, _CMP_ORD_Q);
    quotient = _mm512_mask_mov_ps(_mm512_set1_ps((float)-scale.zero), is_number, quotient);
  }
  return _mm512_roundscale_ps(quotient, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
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
      __m512i whole = _mm512_cvtps_epi32(quantized(value, type, scale, inverse, finite));
      whole = _mm512_add_epi32(whole, _mm512_set1_epi32(scale.zero));
      _mm_mask_storeu_epi8(to + place, mask, _mm512_cvtepi32_epi8(whole));
      break;
    }
    default: _mm512_mask_storeu_ps(to + place * 4, mask, value);
  }
}

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

// The sums of some rows of a panel: where they belong in the problem, the sums of a's rows where the matrix has a zero,
// and what each half of the columns has in common.
typedef struct {
  size_t column, columns, row, rows;
  const int32_t *row_sums;
  column_facts halves[2];
} panel_place;

// Sums as real numbers, with the bias.
INLINE __m512 with_bias(
    const ck_panels_spec *s, const uint32_t *sums, const int32_t *row_sum, const column_facts *f, float inverse) {
#if defined(INTEGER_SUMS)
  __m512i exact = _mm512_sub_epi32(_mm512_loadu_si512(sums), f->offset);
  if (row_sum) exact = _mm512_sub_epi32(exact, _mm512_set1_epi32(*row_sum));
  __m512 v = _mm512_add_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(exact), f->scale), f->inner_bias);
  if (s->rounds) {
    v = _mm512_mul_ps(quantized(v, s->rounded, s->rounding, inverse, s->finite), _mm512_set1_ps(s->rounding.scale));
  }
#else
  __m512 v = _mm512_loadu_ps(sums);
  (void)s, (void)row_sum, (void)inverse;
#endif
  return _mm512_add_ps(v, f->bias);
}

#if defined(INTEGER_SUMS)
// Whether results are bytes that finish_bytes can make: all numbers finite, ReLU at the end if at all.
static inline bool makes_bytes(const ck_panels_job *j) {
  const ck_panels_spec *s = j->spec;
  const bool adds = j->operands->residual;
  if (!s->finite || s->y < CK_ELEMENT_UINT8 || (adds && s->residual < CK_ELEMENT_UINT8)) return false;
  return s->activation == CK_ACTIVATION_NONE || (s->activation == CK_ACTIVATION_RELU && (s->adds_first || !adds));
}

// A scale in registers, as divisions and multiplications by it want it.
typedef struct {
  __m512 scale, inverse;
} dividing;

INLINE dividing dividing_by(float scale) { return (dividing){_mm512_set1_ps(scale), _mm512_set1_ps(1 / scale)}; }

// Sixteen quotients as a division rounds them, corrected by what they leave over.
INLINE __m512 divided(__m512 value, dividing by) {
  __m512 quotient = _mm512_mul_ps(value, by.inverse), rest = _mm512_fnmadd_ps(quotient, by.scale, value);
  return _mm512_fmadd_ps(rest, by.inverse, quotient);
}

// What follows the sums where the results are bytes, two rows at a time: saturation while integers are narrowed bounds them.
// What all rows share is held in registers.
INLINE void finish_bytes(const ck_panels_job *j, const panel_place *e, const uint32_t *sums, const bool rounds, const bool adds) {
  const ck_panels_spec *s = j->spec;
  const char *residual = j->operands->residual;
  char *y = j->operands->y;
  const bool has_bias = j->operands->bias, is_signed = s->y == CK_ELEMENT_INT8, adds_signed = s->residual == CK_ELEMENT_INT8;
  const size_t n = s->n, count = e->rows, start = e->row * n + e->column;
  const int32_t *row_sums = e->row_sums;
  const bool has_offset = s->a_zero || s->a == CK_ELEMENT_INT8, has_added_zero = s->residual_scale.zero || adds_signed;
  const bool has_bounds = s->activation == CK_ACTIVATION_RELU || s->y_scale.zero;
  // Sums of two bytes stay in int32 where the scales are not too far apart.
  const float largest = 256 * (s->rounding.scale + (adds ? s->residual_scale.scale : 0));
  const bool may_leave = !rounds || has_bias || largest > 1e6f * s->y_scale.scale;
  const column_facts halves[2] = {e->halves[0], e->halves[1]};
  const dividing inner = dividing_by(s->rounding.scale), outer = dividing_by(s->y_scale.scale);
  const int low = (s->rounded == CK_ELEMENT_UINT8 ? 0 : -128) - s->rounding.zero;
  const __m512 inner_least = _mm512_set1_ps((float)low), inner_most = _mm512_set1_ps((float)(low + 255));
  // Beyond int32 large numbers would turn into small ones.
  const __m512 most = _mm512_set1_ps(1e6f), added_scale = _mm512_set1_ps(s->residual_scale.scale);
  // Signed bytes are read as unsigned ones that stand for 128 less.
  const __m256i flip = _mm256_set1_epi8(adds_signed ? -128 : 0);
  const __m512i added_zero = _mm512_set1_epi32(s->residual_scale.zero + (adds_signed ? 128 : 0));
  const __m512i least = _mm512_set1_epi16(s->activation == CK_ACTIVATION_RELU ? 0 : INT16_MIN);
  const __m512i zero = _mm512_set1_epi16((int16_t)s->y_scale.zero);
  // Bytes of four vectors lie in turns of four after narrowing.
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __mmask32 mask = e->columns < PANEL ? (1u << e->columns) - 1 : ~0u;
  for (size_t i = 0; i < count; i += 2) {
    // The last of an odd number of rows is its own neighbour.
    const size_t rows[2] = {i, i + 1 < count ? i + 1 : i};
    __m512 values[4];
    __m512i whole[4];
#pragma clang loop unroll(full)
    for (int v = 0; v < 4; v++) whole[v] = _mm512_loadu_si512(sums + rows[v / 2] * PANEL + v % 2 * 16);
    if (has_offset)
      for (int v = 0; v < 4; v++) whole[v] = _mm512_sub_epi32(whole[v], halves[v % 2].offset);
    if (row_sums)
      for (int v = 0; v < 4; v++) whole[v] = _mm512_sub_epi32(whole[v], _mm512_set1_epi32(row_sums[rows[v / 2]]));
#pragma clang loop unroll(full)
    for (int v = 0; v < 4; v++) {
      const column_facts *f = &halves[v % 2];
      values[v] = _mm512_add_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(whole[v]), f->scale), f->inner_bias);
      if (rounds) {
        __m512 bounded = _mm512_min_ps(_mm512_max_ps(divided(values[v], inner), inner_least), inner_most);
        values[v] = _mm512_mul_ps(_mm512_roundscale_ps(bounded, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC), inner.scale);
      }
    }
    if (has_bias)
      for (int v = 0; v < 4; v++) values[v] = _mm512_add_ps(values[v], halves[v % 2].bias);
    if (adds) {
      __m512i wide[4];
#pragma clang loop unroll(full)
      for (int r = 0; r < 2; r++) {
        __m256i bytes = _mm256_xor_si256(_mm256_maskz_loadu_epi8(mask, residual + start + rows[r] * n), flip);
        wide[2 * r] = _mm512_cvtepu8_epi32(_mm256_castsi256_si128(bytes));
        wide[2 * r + 1] = _mm512_cvtepu8_epi32(_mm256_extracti128_si256(bytes, 1));
      }
      if (has_added_zero)
        for (int v = 0; v < 4; v++) wide[v] = _mm512_sub_epi32(wide[v], added_zero);
#pragma clang loop unroll(full)
      for (int v = 0; v < 4; v++) values[v] = _mm512_add_ps(values[v], _mm512_mul_ps(_mm512_cvtepi32_ps(wide[v]), added_scale));
    }
#pragma clang loop unroll(full)
    for (int v = 0; v < 4; v++) values[v] = divided(values[v], outer);
    if (may_leave)
      for (int v = 0; v < 4; v++) values[v] = _mm512_min_ps(values[v], most);
    for (int v = 0; v < 4; v++) whole[v] = _mm512_cvtps_epi32(values[v]);
    __m512i first = _mm512_packs_epi32(whole[0], whole[1]), second = _mm512_packs_epi32(whole[2], whole[3]);
    if (has_bounds) {
      first = _mm512_adds_epi16(_mm512_max_epi16(first, least), zero);
      second = _mm512_adds_epi16(_mm512_max_epi16(second, least), zero);
    }
    __m512i bytes = is_signed ? _mm512_packs_epi16(first, second) : _mm512_packus_epi16(first, second);
    bytes = _mm512_permutexvar_epi32(order, bytes);
    _mm256_mask_storeu_epi8(y + start + rows[0] * n, mask, _mm512_castsi512_si256(bytes));
    _mm256_mask_storeu_epi8(y + start + rows[1] * n, mask, _mm512_extracti64x4_epi64(bytes, 1));
  }
}
#endif

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
  size_t start = e->row * s->n + e->column;
  for (size_t i = 0; i < e->rows; i++, sums += PANEL, start += s->n) {
    for (int v = 0; v < vectors; v++) {
      const column_facts *f = &e->halves[v];
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
#if defined(INTEGER_SUMS)
  if (makes_bytes(j)) {
    const bool rounds = j->spec->rounds;
    if (j->operands->residual) rounds ? finish_bytes(j, e, sums, true, true) : finish_bytes(j, e, sums, false, true);
    else rounds ? finish_bytes(j, e, sums, true, false) : finish_bytes(j, e, sums, false, false);
    return;
  }
#endif
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
TARGET __attribute__((noinline)) static void fetch_results(
    const ck_panels_job *j, size_t column, size_t columns, size_t row, size_t rows) {
  const ck_panels_spec *s = j->spec;
  const ck_panels_operands *o = j->operands;
  const size_t size = ck_element_size(s->y), added = ck_element_size(s->residual);
  const bool adds = o->residual && o->residual != o->y;
  for (size_t place = row * s->n + column; rows > 0; rows--, place += s->n) {
    for (size_t byte = 0; byte < columns * size; byte += 64) __builtin_prefetch((const char *)o->y + place * size + byte, 1, 2);
    for (size_t byte = 0; adds && byte < columns * added; byte += 64)
      __builtin_prefetch((const char *)o->residual + place * added + byte, 0, 2);
  }
}

// Adds the bytes [begin, end) of `from` to what is fetched.
static inline void plan_region(schedule *later, const void *from, size_t begin, size_t end) {
  later->regions[later->count++] = (fetching){(const char *)from + begin, (const char *)from + end, 0};
}

// What the block of rows from `row` needs, while `steps` times AHEAD groups are multiplied.
static inline schedule planned(const ck_panels_job *j, size_t row, size_t steps) {
  const ck_panels_spec *s = j->spec;
  const ck_panels_operands *o = j->operands;
  const ck_conv_spec *p = &s->patches;
  schedule later = {0};
  if (row >= s->m) return later;
  const size_t rows = ck_smaller(j->plan.block, s->m - row);
  // Of patches those parts of the pictures that are as far from the beginning as they are.
  size_t all = s->m * s->k;
  if (s->has_patches) all = (size_t)(p->batch * p->in[0] * p->in[1] * p->in[2] * p->in_channels);
  const size_t size = ck_element_size(s->a), width = s->n * ck_element_size(s->y), added = s->n * ck_element_size(s->residual);
  plan_region(&later, o->a, all * row / s->m * size, all * (row + rows) / s->m * size);
  if (o->residual && o->residual != o->y) plan_region(&later, o->residual, row * added, (row + rows) * added);
  plan_region(&later, o->y, row * width, (row + rows) * width);
  size_t bytes = 0;
  for (size_t i = 0; i < later.count; i++) bytes += (size_t)(later.regions[i].end - later.regions[i].at);
  for (size_t i = 0; i < later.count; i++) later.regions[i].lines = ck_ceiling(ck_ceiling(bytes, 64), steps);
  return later;
}

// A block of rows: where it begins, where the one begins that is fetched meanwhile (m or more when there is none), and whether
// this one was.
typedef struct {
  size_t row, next;
  bool is_fetched;
} rows_place;

// The panels of a share for a block of rows.
TARGET static void run_block(const ck_panels_job *j, char *space, const rows_place *block, ck_share panels) {
  const ck_panels_spec *s = j->spec;
  const ck_panels_plan *plan = &j->plan;
  const uint32_t *packed = j->operands->packed;
  uint32_t *copy = (uint32_t *)space, *sums = (uint32_t *)(space + plan->sums);
  int32_t *row_sums = s->w_zero ? (int32_t *)(space + plan->row_sums) : NULL;
  const size_t row = block->row, rows = ck_smaller(plan->block, s->m - row);
  if (row_sums) memset(row_sums, 0, rows * sizeof *row_sums);
  const bool whole = plan->depth == plan->groups;
  size_t steps = (panels.last - panels.first) * ck_ceiling(rows, TILE) * ck_ceiling(plan->groups, AHEAD);
  schedule later = planned(j, block->next, steps);
  for (size_t first = 0; first < plan->groups; first += plan->depth) {
    size_t depth = ck_smaller(plan->depth, plan->groups - first), mine = 0;
    const uint32_t *a = copy;
    if (plan->reads_rows) a = (const uint32_t *)j->operands->a + row * plan->groups + first;
    else copy_rows(j, row, rows, first, first + depth, copy);
#if defined(INTEGER_SUMS)
    size_t depths = ck_smaller((first + depth) * 4, s->k) - first * 4;
    if (row_sums) sum_rows(s, a, plan->stride, rows, depth, depths, row_sums);
#endif
    for (size_t p; (p = ck_take_next(&panels, &mine)) != panels.last;) {
      size_t column = p * PANEL, columns = ck_smaller(PANEL, s->n - column);
      int vectors = columns > 16 ? 2 : 1;
      const uint32_t *panel = packed + ck_panel_start(p, plan->groups) + first * 16 * (size_t)vectors;
      uint32_t *to = sums + (whole ? 0 : (p - panels.first) * rows * PANEL);
      const bool ends = first + depth == plan->groups;
      if (ends && !block->is_fetched) fetch_results(j, column, columns, row, rows);
      size_t next = ck_behind(&panels, p);
      const uint32_t *ahead = next != panels.last ? packed + ck_panel_start(next, plan->groups) + first * PANEL : NULL;
      tiles(rows, vectors, a, plan->stride, panel, depth, to, first > 0, ahead, &later);
      if (!ends) continue;
      panel_place place = {column, columns, row, rows, row_sums, {{0}, {0}}};
      for (int v = 0; v < vectors; v++) place.halves[v] = facts(j, column + 16 * (size_t)v, columns - 16 * (size_t)v);
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
        const rows_place rows = {row, m, false};
        run_block(j, space, &rows, mine);
        // The next block counts anew.
        if (mine.taken) mine.taken++;
      }
      continue;
    }
    const ck_share all = {0, plan->panels, false, NULL};
    size_t count = 0;
    bool is_fetched = false;
    for (size_t part; (part = ck_take_next(&mine, &count)) != mine.last; is_fetched = true) {
      const rows_place rows = {part * plan->block, ck_behind(&mine, part) * plan->block, is_fetched};
      run_block(j, space, &rows, all);
    }
  }
}
