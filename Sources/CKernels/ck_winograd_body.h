// A lane's share of a Winograd convolution in one precision; included once for each, by a file that defines PRECISION, TARGET,
// LANES, SUM, ZERO_SUM and STEP as for ck_panels_body.h, and where it is bfloat16 ROUND_ONE.

#include <immintrin.h>

#include "ck_bf16_lanes.h"
#include "ck_share.h"
#include "ck_winograd.h"

#define INLINE TARGET static inline __attribute__((always_inline))

#include "ck_panels_math.h"
#include "ck_panels_tile.h"

// The finite points of side 4 besides 0, their second powers, and the sum of these; the product of these is 1.
static const float NEAR = (float)CK_NEAR, NEAR2 = (float)(CK_NEAR * CK_NEAR);
static const float FAR = (float)CK_FAR, FAR2 = (float)(CK_FAR * CK_FAR);
static const float BOTH2 = (float)(CK_NEAR * CK_NEAR + CK_FAR * CK_FAR);

INLINE void store_numbers(void *to, size_t place, __m512 value, ck_element type, __mmask16 mask) {
  if (type != CK_ELEMENT_BFLOAT16) return _mm512_mask_storeu_ps((float *)to + place, mask, value);
#if defined(ROUND_ONE)
  _mm256_mask_storeu_epi16((uint16_t *)to + place, mask, ROUND_ONE(value));
#endif
}

// A line of inputs by the points.
INLINE void forward(const int side, const __m512 *d, __m512 *t) {
  if (side == 2) {
    t[0] = _mm512_sub_ps(d[0], d[2]);
    t[1] = _mm512_add_ps(d[1], d[2]);
    t[2] = _mm512_sub_ps(d[2], d[1]);
    t[3] = _mm512_sub_ps(d[3], d[1]);
    return;
  }
  const __m512 near = _mm512_set1_ps(NEAR), far = _mm512_set1_ps(FAR), near2 = _mm512_set1_ps(NEAR2), far2 = _mm512_set1_ps(FAR2);
  const __m512 both2 = _mm512_set1_ps(BOTH2);
  t[0] = _mm512_fnmadd_ps(both2, d[2], _mm512_add_ps(d[0], d[4]));
  __m512 even = _mm512_fnmadd_ps(far2, d[2], d[4]), odd = _mm512_fnmadd_ps(far2, d[1], d[3]);
  t[1] = _mm512_fmadd_ps(near, odd, even);
  t[2] = _mm512_fnmadd_ps(near, odd, even);
  even = _mm512_fnmadd_ps(near2, d[2], d[4]), odd = _mm512_fnmadd_ps(near2, d[1], d[3]);
  t[3] = _mm512_fmadd_ps(far, odd, even);
  t[4] = _mm512_fnmadd_ps(far, odd, even);
  t[5] = _mm512_fnmadd_ps(both2, d[3], _mm512_add_ps(d[1], d[5]));
}

// A line of results from the products at the points.
INLINE void backward(const int side, const __m512 *m, __m512 *y) {
  if (side == 2) {
    y[0] = _mm512_add_ps(m[0], _mm512_add_ps(m[1], m[2]));
    y[1] = _mm512_add_ps(m[3], _mm512_sub_ps(m[1], m[2]));
    return;
  }
  const __m512 near = _mm512_set1_ps(NEAR), far = _mm512_set1_ps(FAR), near2 = _mm512_set1_ps(NEAR2), far2 = _mm512_set1_ps(FAR2);
  const __m512 near3 = _mm512_set1_ps(NEAR * NEAR2), far3 = _mm512_set1_ps(FAR * FAR2);
  const __m512 s1 = _mm512_add_ps(m[1], m[2]), d1 = _mm512_sub_ps(m[1], m[2]);
  const __m512 s2 = _mm512_add_ps(m[3], m[4]), d2 = _mm512_sub_ps(m[3], m[4]);
  y[0] = _mm512_add_ps(m[0], _mm512_add_ps(s1, s2));
  y[1] = _mm512_fmadd_ps(near, d1, _mm512_mul_ps(far, d2));
  y[2] = _mm512_fmadd_ps(near2, s1, _mm512_mul_ps(far2, s2));
  y[3] = _mm512_fmadd_ps(near3, d1, _mm512_fmadd_ps(far3, d2, m[5]));
}

// Where a square's results begin: its picture, row and column.
typedef struct {
  size_t picture;
  int64_t y, x;
} square_place;

static inline square_place place_of(const ck_winograd_plan *plan, size_t square) {
  size_t across = square % plan->across, rest = square / plan->across;
  return (square_place){rest / plan->down, (int64_t)(rest % plan->down * plan->side), (int64_t)(across * plan->side)};
}

// Squares `first` to `last` of the inputs, transformed: product, square, channel.
INLINE void transform_with(
    const int side, const ck_element type, const ck_winograd_job *j, size_t first, size_t last, uint32_t *to) {
  const ck_conv_spec *p = &j->spec->patches;
  const int points = side + CK_TAPS - 1;
  const int64_t height = p->in[1], width = p->in[2], channels = p->in_channels;
  for (size_t square = first; square < last; square++, to += j->plan.row) {
    square_place at = place_of(&j->plan, square);
    const int64_t top = at.y - p->before[1], start = at.x - p->before[2];
    const bool inside = top >= 0 && start >= 0 && top + points <= height && start + points <= width;
    const int64_t corner = (((int64_t)at.picture * height + top) * width + start) * channels;
    for (int64_t channel = 0; channel < channels; channel += 16) {
      __m512 half[CK_MOST_POINTS][CK_MOST_POINTS];
#pragma clang loop unroll(full)
      for (int x = 0; x < points; x++) {
        __m512 d[CK_MOST_POINTS], t[CK_MOST_POINTS];
        const bool in_width = start + x >= 0 && start + x < width;
#pragma clang loop unroll(full)
        for (int y = 0; y < points; y++) {
          const size_t pixel = (size_t)(corner + (y * width + x) * channels + channel);
          const bool is_there = inside || (in_width && top + y >= 0 && top + y < height);
          d[y] = is_there ? load_lanes(j->operands->a, pixel, type == CK_ELEMENT_BFLOAT16, 0xFFFF) : _mm512_setzero_ps();
        }
        forward(side, d, t);
#pragma clang loop unroll(full)
        for (int y = 0; y < points; y++) half[y][x] = t[y];
      }
      uint32_t *product = to + channel / (int64_t)ck_group(PRECISION);
#pragma clang loop unroll(full)
      for (int y = 0; y < points; y++) {
        __m512 t[CK_MOST_POINTS];
        forward(side, half[y], t);
#pragma clang loop unroll(full)
        for (int x = 0; x < points; x++, product += j->plan.inputs) {
          if (PRECISION == CK_FLOAT32) _mm512_storeu_ps(product, t[x]);
          else store_numbers(product, 0, t[x], CK_ELEMENT_BFLOAT16, 0xFFFF);
        }
      }
    }
  }
}

// Weights along an axis from their factors: tap 0 and tap 2 are the first and the last, tap 1 is this times the difference of
// the second and the third.
static const float MIDDLE[] = {1, (float)(CK_NEAR * (CK_NEAR * CK_NEAR - CK_FAR * CK_FAR))};

// Factors of sixteen columns of a channel that is the first or the second in its group.
INLINE __m512 factors_at(const uint32_t *groups, bool is_second) {
  const __m512i all = _mm512_loadu_si512(groups);
  if (PRECISION == CK_FLOAT32) return _mm512_castsi512_ps(all);
  return _mm512_castsi512_ps(is_second ? _mm512_and_si512(all, _mm512_set1_epi32(-65536)) : _mm512_slli_epi32(all, 16));
}

// Weights of sixteen columns at a tap of a channel, from their factors, which lie `step` groups apart.
INLINE __m512 weight_of(const int side, const uint32_t *factors, bool is_second, size_t step, int tap) {
  const size_t points = ck_points((size_t)side);
  const __m512 middle = _mm512_set1_ps(MIDDLE[side == 4]);
  __m512 line[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
  const int down = tap / CK_TAPS, across = tap % CK_TAPS;
  for (size_t i = 0; i < (down == 1 ? 2 : 1); i++) {
    const uint32_t *from = factors + (down == 1 ? 1 + i : down == 0 ? 0 : points - 1) * points * step;
    if (across != 1) line[i] = factors_at(from + (across == 0 ? 0 : points - 1) * step, is_second);
    else {
      const __m512 second = factors_at(from + step, is_second), third = factors_at(from + 2 * step, is_second);
      line[i] = _mm512_mul_ps(middle, _mm512_sub_ps(second, third));
    }
  }
  return down == 1 ? _mm512_mul_ps(middle, _mm512_sub_ps(line[0], line[1])) : line[0];
}

// The results of a square in sixteen columns, summed tap by tap: the transform makes NaN of all where one is not finite.
TARGET __attribute__((noinline)) static void sum_directly(
    const ck_winograd_job *j, const square_place *at, const uint32_t *factors, size_t width,
    __m512 results[CK_MOST_SIDE][CK_MOST_POINTS]) {
  const ck_conv_spec *p = &j->spec->patches;
  const int64_t channels = p->in_channels, side = (int64_t)j->plan.side;
  const size_t size = ck_group(PRECISION), step = (size_t)channels / size * width;
  const bool is_narrow = j->spec->a == CK_ELEMENT_BFLOAT16;
  for (int64_t y = 0; y < side; y++)
    for (int64_t x = 0; x < side; x++) results[y][x] = _mm512_setzero_ps();
  for (int64_t channel = 0; channel < channels; channel++) {
    const bool is_second = (size_t)channel % size > 0;
    const uint32_t *from = factors + (size_t)channel / size * width;
    for (int tap = 0; tap < CK_TAPS * CK_TAPS; tap++) {
      const __m512 w = side == 2 ? weight_of(2, from, is_second, step, tap) : weight_of(4, from, is_second, step, tap);
      for (int64_t y = 0; y < side; y++)
        for (int64_t x = 0; x < side; x++) {
          const int64_t row = at->y + y - p->before[1] + tap / CK_TAPS, place = at->x + x - p->before[2] + tap % CK_TAPS;
          if (row < 0 || row >= p->in[1] || place < 0 || place >= p->in[2]) continue;
          const int64_t pixel = ((int64_t)at->picture * p->in[1] + row) * p->in[2] + place;
          const __m512 value = load_lanes(j->operands->a, (size_t)(pixel * channels + channel), is_narrow, 1);
          results[y][x] = _mm512_fmadd_ps(_mm512_broadcastss_ps(_mm512_castps512_ps128(value)), w, results[y][x]);
        }
    }
  }
}

// What follows the sums: bias, residual and activation, on the results of a square that are in the picture.
INLINE void store_square(
    const int side, const ck_activation activation, const ck_winograd_job *j, const square_place *at, size_t column,
    const __m512 results[CK_MOST_SIDE][CK_MOST_POINTS]) {
  const ck_panels_spec *s = j->spec;
  const ck_panels_operands *o = j->operands;
  const int64_t height = s->patches.out[1], width = s->patches.out[2];
  const __mmask16 mask = (__mmask16)(s->n - column < 16 ? (1u << (s->n - column)) - 1 : 0xFFFF);
  const __m512 bias = o->bias ? _mm512_maskz_loadu_ps(mask, o->bias + column) : _mm512_setzero_ps();
#pragma clang loop unroll(full)
  for (int y = 0; y < side; y++) {
    if (at->y + y >= height) break;
    const size_t line = (at->picture * (size_t)height + (size_t)(at->y + y)) * (size_t)width + (size_t)at->x;
#pragma clang loop unroll(full)
    for (int x = 0; x < side; x++) {
      if (at->x + x >= width) break;
      const size_t place = (line + (size_t)x) * s->n + column;
      __m512 value = _mm512_add_ps(results[y][x], bias), residual = _mm512_setzero_ps();
      if (o->residual) residual = load_lanes(o->residual, place, s->residual == CK_ELEMENT_BFLOAT16, mask);
      if (o->residual && s->adds_first) value = _mm512_add_ps(value, residual);
      value = activated(value, activation);
      if (o->residual && !s->adds_first) value = _mm512_add_ps(value, residual);
      store_numbers(o->y, place, value, s->y, mask);
    }
  }
}

// A panel of the results of squares `first` to `last`; sums are product, square, column.
INLINE void finish_with(
    const int side, const ck_activation activation, const ck_winograd_job *j, size_t first, size_t last, size_t column,
    const uint32_t *factors, const float *sums) {
  const int points = side + CK_TAPS - 1;
  const size_t width = j->spec->n - column > 16 ? PANEL : 16;
  for (size_t square = first; square < last; square++, sums += PANEL) {
    const square_place at = place_of(&j->plan, square);
    for (size_t v = 0; v < width; v += 16) {
      __m512 half[CK_MOST_SIDE][CK_MOST_POINTS], results[CK_MOST_SIDE][CK_MOST_POINTS], check = _mm512_setzero_ps();
#pragma clang loop unroll(full)
      for (int x = 0; x < points; x++) {
        __m512 m[CK_MOST_POINTS], y[CK_MOST_SIDE];
#pragma clang loop unroll(full)
        for (int i = 0; i < points; i++) m[i] = _mm512_loadu_ps(sums + v + (size_t)(i * points + x) * j->plan.sums);
        backward(side, m, y);
#pragma clang loop unroll(full)
        for (int i = 0; i < side; i++) half[i][x] = y[i];
      }
#pragma clang loop unroll(full)
      for (int i = 0; i < side; i++) {
        backward(side, half[i], results[i]);
#pragma clang loop unroll(full)
        for (int x = 0; x < side; x++) check = _mm512_fmadd_ps(results[i][x], _mm512_setzero_ps(), check);
      }
      // Zero times what is not finite is not a number.
      if (_mm512_cmp_ps_mask(check, check, _CMP_UNORD_Q)) sum_directly(j, &at, factors + v, width, results);
      store_square(side, activation, j, &at, column + v, results);
    }
  }
}

TARGET __attribute__((noinline)) static void finish(
    const ck_winograd_job *j, size_t first, size_t last, size_t column, const uint32_t *factors, const float *sums) {
  const ck_activation activation = j->spec->activation;
  const bool plain = activation == CK_ACTIVATION_NONE || activation == CK_ACTIVATION_RELU;
  if (j->plan.side == 2) return finish_with(2, activation, j, first, last, column, factors, sums);
  if (!plain) return finish_with(4, activation, j, first, last, column, factors, sums);
  if (activation == CK_ACTIVATION_RELU) return finish_with(4, CK_ACTIVATION_RELU, j, first, last, column, factors, sums);
  return finish_with(4, CK_ACTIVATION_NONE, j, first, last, column, factors, sums);
}

// A panel of the results of squares `first` to `last`, whose inputs are transformed.
TARGET static void run_panel(const ck_winograd_job *j, char *space, size_t first, size_t last, size_t panel) {
  const ck_winograd_plan *plan = &j->plan;
  const size_t groups = (size_t)j->spec->patches.in_channels / ck_group(PRECISION), column = panel * PANEL;
  const int vectors = j->spec->n - column > 16 ? 2 : 1;
  const size_t step = groups * 16 * (size_t)vectors;
  const uint32_t *factors = (const uint32_t *)j->operands->packed + column * plan->products * groups, *from = factors;
  const uint32_t *inputs = (const uint32_t *)space;
  uint32_t *sums = (uint32_t *)(space + plan->sums_start), *to = sums;
  for (size_t product = 0; product < plan->products; product++, from += step, inputs += plan->inputs, to += plan->sums)
    tiles(last - first, vectors, inputs, plan->row, from, groups, to, 0, product + 1 < plan->products ? from + step : NULL, NULL);
  finish(j, first, last, column, factors, (const float *)sums);
}

TARGET __attribute__((noinline)) static void transform(const ck_winograd_job *j, size_t first, size_t last, uint32_t *to) {
  const bool narrow = j->spec->a == CK_ELEMENT_BFLOAT16;
  if (j->plan.side == 2 && narrow) transform_with(2, CK_ELEMENT_BFLOAT16, j, first, last, to);
  else if (j->plan.side == 2) transform_with(2, CK_ELEMENT_FLOAT32, j, first, last, to);
  else if (narrow) transform_with(4, CK_ELEMENT_BFLOAT16, j, first, last, to);
  else transform_with(4, CK_ELEMENT_FLOAT32, j, first, last, to);
}

TARGET void LANES(void *context, size_t begin, size_t end) {
  const ck_winograd_job *j = context;
  const ck_winograd_plan *plan = &j->plan;
  char *const spaces = j->operands->workspace;
  for (size_t lane = begin; lane < end; lane++) {
    char *space = spaces + lane * plan->lane_bytes;
    const size_t parts = plan->by_blocks ? plan->blocks : plan->panels;
    ck_share mine = ck_share_of(parts, lane, plan->lanes, plan->shares, spaces + plan->counters, plan->lane_bytes);
    if (plan->by_blocks) {
      size_t count = 0;
      for (size_t block; (block = ck_take_next(&mine, &count)) != mine.last;) {
        const size_t first = plan->squares * block / plan->blocks, last = plan->squares * (block + 1) / plan->blocks;
        transform(j, first, last, (uint32_t *)space);
        for (size_t panel = 0; panel < plan->panels; panel++) run_panel(j, space, first, last, panel);
      }
      continue;
    }
    for (size_t block = 0; block < plan->blocks; block++) {
      const size_t first = plan->squares * block / plan->blocks, last = plan->squares * (block + 1) / plan->blocks;
      size_t count = 0;
      transform(j, first, last, (uint32_t *)space);
      for (size_t panel; (panel = ck_take_next(&mine, &count)) != mine.last;) run_panel(j, space, first, last, panel);
      // The next block counts anew.
      if (mine.taken) mine.taken++;
    }
  }
}
