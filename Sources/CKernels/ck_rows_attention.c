#include "ck_bf16_tile.h"
#include "ck_rows_attention.h"
#include "ck_rows_weigh.h"
#include "ck_threads.h"

// Keys of a block: their scores for a block of queries stay in the second-level cache.
enum { KEY_BLOCK = 256, MOST_QUERIES = 96 };

typedef struct {
  const ck_attention *shape;
  const ck_attention_operands *operands;
  char *workspace;
  size_t lanes;
} attention_job;

// Queries of a block: equal blocks of whole tiles.
CK_INLINE size_t query_block(const ck_attention *s) {
  size_t blocks = (s->queries + MOST_QUERIES - 1) / MOST_QUERIES;
  return blocks ? padded((s->queries + blocks - 1) / blocks, TILE_MULTIPLE) : TILE_MULTIPLE;
}

// Where the parts of one lane's workspace begin, in bytes. Rows of queries, results and values are padded to whole panels.
typedef struct {
  size_t queries, scores, weights, result, peaks, sums, keys, values, total;
  // Elements between rows of the queries, the weights (bfloat16 only) and the result; keys and depth of the packed keys.
  size_t query_row, weight_row, result_row, packed_keys, depth;
} attention_layout;

static attention_layout layout(const ck_attention *s) {
  size_t block = query_block(s), element = s->is_bf16 ? 2 : 4, panel = s->is_bf16 ? CK_BF16_PANEL : 16;
  attention_layout l;
  l.depth = s->is_bf16 ? padded(s->size, 2) : s->size;
  l.query_row = l.depth + 16;
  l.weight_row = KEY_BLOCK + 32;
  l.result_row = padded(s->value_size, panel);
  l.packed_keys = padded(s->keys, panel);
  size_t at = 0;
  l.queries = at, at += padded(block * l.query_row * element, 64);
  l.scores = at, at += block * KEY_BLOCK * sizeof(float);
  l.weights = at, at += s->is_bf16 ? padded(block * l.weight_row * 2, 64) : 0;
  l.result = at, at += block * l.result_row * sizeof(float);
  l.peaks = at, at += padded(block * sizeof(float), 64);
  l.sums = at, at += padded(block * sizeof(float), 64);
  l.keys = at, at += padded(l.packed_keys * l.depth * element, 64);
  l.values = at, at += padded(l.packed_keys * l.result_row * element, 64);
  l.total = at;
  return l;
}

size_t ck_attention_workspace(const ck_attention *shape, size_t lanes) { return lanes * layout(shape).total; }

// The place of a query block's biases.
typedef struct {
  const float *mask, *row_bias, *column_bias;
} block_bias;

CK_INLINE bool has_bias(const ck_attention *s, const block_bias *bias) { return bias->mask || s->grid_columns; }

// `to` = from * factor + offset, by what the CPU has.
typedef void spreading(const float *from, size_t count, float factor, float offset, float *to);

CK_INLINE void spread_plainly(const float *from, size_t count, float factor, float offset, float *to) {
  for (size_t j = 0; j < count; j++) to[j] = from[j] * factor + offset;
}

// The biases of a block of keys times `unit` as the scores to which products are added.
CK_INLINE void spread_bias(
    spreading spread, const ck_attention *s, const attention_layout *l, char *w, const block_bias *bias, size_t rows, float unit,
    size_t first, size_t count) {
  const size_t grid_row = s->grid_columns ? first / s->grid_columns : 0;
  const size_t grid_column = s->grid_columns ? first % s->grid_columns : 0;
  for (size_t i = 0; i < rows; i++) {
    float *scores = (float *)(w + l->scores) + i * KEY_BLOCK;
    const float *m = bias->mask ? bias->mask + i * s->mask_strides[2] : NULL;
    const bool is_each = m && s->mask_strides[3];
    float same = m && !is_each ? *m : 0;
    if (s->grid_columns) {
      const float *sums = bias->row_bias + i * s->grid_rows, *columns = bias->column_bias + i * s->grid_columns;
      size_t row = grid_row, column = grid_column;
      for (size_t j = 0; j < count; row++, column = 0) {
        size_t here = s->grid_columns - column < count - j ? s->grid_columns - column : count - j;
        spread(columns + column, here, unit, (sums[row] + same) * unit, scores + j);
        j += here;
      }
      if (is_each)
        for (size_t j = 0; j < count; j++) scores[j] += m[first + j] * unit;
    } else if (is_each) {
      spread(m + first, count, unit, 0, scores);
    } else {
      for (size_t j = 0; j < count; j++) scores[j] = same * unit;
    }
  }
}

// A row's result and sum so far, times 2^power.
CK_INLINE void rescale(const attention_layout *l, char *w, size_t row, float power) {
  v16 powers = SPLAT16(power);
  exp2_16(&powers);
  float scale[16];
  memcpy(scale, &powers, sizeof scale);
  float *result = (float *)(w + l->result) + row * l->result_row;
  for (size_t d = 0; d < l->result_row; d++) result[d] *= scale[0];
  ((float *)(w + l->sums))[row] *= scale[0];
}

// Scores of one block of keys to weights, relative to each row's largest score so far; the result so far is scaled to it.
CK_INLINE void weigh(const attention_layout *l, char *w, size_t rows, size_t first, size_t count) {
  float *peaks = (float *)(w + l->peaks), *sums = (float *)(w + l->sums);
  size_t whole = padded(count, 16);
  for (size_t i = 0; i < rows; i++) {
    float *scores = (float *)(w + l->scores) + i * KEY_BLOCK;
    for (size_t j = count; j < whole; j++) scores[j] = -INFINITY;
    v16 peak = LOAD16(scores);
    for (size_t j = 16; j < whole; j += 16) {
      v16 a = LOAD16(scores + j);
      v16i above = a > peak;
      select16(&peak, &above, &a, &peak);
    }
    float top = max16(&peak);
    if (first > 0 && !(top > peaks[i])) top = peaks[i];
    // Nothing but minus infinity so far: any reference gives weights of 0.
    float reference = top == -INFINITY ? 0 : top;
    v16 sum = {0};
    for (size_t j = 0; j < whole; j += 16) {
      v16 a = LOAD16(scores + j) - reference;
      exp2_16(&a);
      if (j + 16 > count) {
        // A row of NaN must not reach the padding.
        float e[16];
        memcpy(e, &a, sizeof e);
        for (size_t k = count - j; k < 16; k++) e[k] = 0;
        memcpy(&a, e, sizeof e);
      }
      STORE16(scores + j, a);
      sum += a;
    }
    float total = sum16(&sum);
    if (first > 0 && top != peaks[i]) rescale(l, w, i, peaks[i] - reference);
    peaks[i] = top;
    sums[i] = first > 0 ? sums[i] + total : total;
  }
}

#if defined(__x86_64__)

// What the variants have in common.
#define WEIGH_ROWS(factor, weights)                                           \
  float *peaks = (float *)(w + l->peaks), *sums = (float *)(w + l->sums);     \
  for (size_t i = 0; i < rows; i++) {                                         \
    float *scores = (float *)(w + l->scores) + i * KEY_BLOCK;                 \
    float top = largest(scores, count, factor);                               \
    if (first > 0 && !(top > peaks[i])) top = peaks[i];                       \
    float reference = top == -INFINITY ? 0 : top, total = weights;            \
    if (first > 0 && top != peaks[i]) rescale(l, w, i, peaks[i] - reference); \
    peaks[i] = top;                                                           \
    sums[i] = first > 0 ? sums[i] + total : total;                            \
  }

// The same with AVX-512, of factor * scores; the weights of bfloat16 operands go to a place of their own.
WEIGH WEIGH_NARROW_TARGET void weigh_narrow(
    const attention_layout *l, char *w, size_t rows, float factor, size_t first, size_t count) {
  WEIGH_ROWS(factor, narrow_weights(scores, count, factor, reference, (uint16_t *)(w + l->weights) + i * l->weight_row))
}

WEIGH WEIGH_TARGET void weigh_v4(const attention_layout *l, char *w, size_t rows, size_t first, size_t count) {
  WEIGH_ROWS(1, wide_weights(scores, count, 1, reference))
}

#endif

// The result of a block of queries, divided by the sums of its weights.
CK_INLINE void finish(const ck_attention *s, const attention_layout *l, const char *w, size_t rows, void *y, size_t start) {
  const float *sums = (const float *)(w + l->sums);
  for (size_t i = 0; i < rows; i++, start += s->y_strides[2]) {
    const float *from = (const float *)(w + l->result) + i * l->result_row;
    float factor = 1 / sums[i];
    if (s->is_bf16) {
      uint16_t *to = (uint16_t *)y + start;
      for (size_t d = 0; d < s->value_size; d++) to[d] = ck_bf16_rounded(from[d] * factor);
    } else {
      float *to = (float *)y + start;
      for (size_t d = 0; d < s->value_size; d++) to[d] = from[d] * factor;
    }
  }
}

typedef void weighing(const attention_layout *l, char *w, size_t rows, size_t first, size_t count);

// One block of `rows` queries against all keys, which are packed already.
CK_INLINE void one_block(
    const int tile, spreading spread, weighing weigh, const ck_attention *s, const attention_layout *l, char *w, const float *q,
    const block_bias *bias, size_t rows) {
  float *queries = (float *)(w + l->queries), *scores = (float *)(w + l->scores), *result = (float *)(w + l->result);
  const float *keys = (const float *)(w + l->keys), *values = (const float *)(w + l->values);
  size_t whole = padded(rows, (size_t)tile);
  pack_rows(q, s->q_strides[2], rows, whole, s->size, l->query_row, s->scale * LOG2E, queries);
  for (size_t k = 0; k < s->keys; k += KEY_BLOCK) {
    size_t count = s->keys - k < KEY_BLOCK ? s->keys - k : KEY_BLOCK;
    if (has_bias(s, bias)) spread_bias(spread, s, l, w, bias, rows, LOG2E, k, count);
    block_gemm(
        tile, 0, whole, padded(count, 16), s->size, queries, l->query_row, keys + k * l->depth, 16, 16 * l->depth, scores,
        KEY_BLOCK, has_bias(s, bias));
    weigh(l, w, rows, k, count);
    block_gemm(
        tile, 0, whole, l->result_row, count, scores, KEY_BLOCK, values + k * 16, 16, 16 * s->keys, result, l->result_row, k > 0);
  }
}

CK_INLINE block_bias bias_of(const ck_attention *s, const ck_attention_operands *o, size_t b, size_t h, size_t first) {
  block_bias bias = {o->mask, NULL, NULL};
  if (bias.mask) bias.mask += b * s->mask_strides[0] + h * s->mask_strides[1] + first * s->mask_strides[2];
  if (s->grid_columns) {
    size_t row = (b * s->heads + h) * s->queries + first;
    bias.row_bias = o->row_bias + row * s->grid_rows;
    bias.column_bias = o->column_bias + row * s->grid_columns;
  }
  return bias;
}

CK_INLINE void lanes_body(
    const int tile, spreading spread, weighing weigh, const attention_job *job, size_t begin, size_t end) {
  const ck_attention *s = job->shape;
  const ck_attention_operands *o = job->operands;
  attention_layout l = layout(s);
  size_t block = query_block(s), blocks = (s->queries + block - 1) / block, tasks = s->batch * s->heads * blocks;
  for (size_t lane = begin; lane < end; lane++) {
    char *w = job->workspace + lane * l.total;
    size_t packed = SIZE_MAX;
    for (size_t task = tasks * lane / job->lanes; task < tasks * (lane + 1) / job->lanes; task++) {
      size_t head = task / blocks, b = head / s->heads, h = head % s->heads, first = task % blocks * block;
      if (head != packed) {
        const float *k = (const float *)o->k + b * s->k_strides[0] + h * s->k_strides[1];
        const float *v = (const float *)o->v + b * s->v_strides[0] + h * s->v_strides[1];
        pack_transposed(k, s->k_strides[2], s->keys, s->size, (float *)(w + l.keys));
        pack_panels(v, s->v_strides[2], s->keys, s->value_size, (float *)(w + l.values));
        packed = head;
      }
      size_t rows = s->queries - first < block ? s->queries - first : block;
      block_bias bias = bias_of(s, o, b, h, first);
      const float *q = (const float *)o->q + b * s->q_strides[0] + h * s->q_strides[1] + first * s->q_strides[2];
      one_block(tile, spread, weigh, s, &l, w, q, &bias, rows);
      finish(s, &l, w, rows, o->y, b * s->y_strides[0] + h * s->y_strides[1] + first * s->y_strides[2]);
    }
  }
}

__attribute__((target("arch=x86-64-v4"), min_vector_width(512))) static void lanes_v4(void *job, size_t begin, size_t end) {
#if defined(__x86_64__)
  lanes_body(12, spread, weigh_v4, job, begin, end);
#else
  lanes_body(12, spread_plainly, weigh, job, begin, end);
#endif
}

__attribute__((target("arch=x86-64-v3"))) static void lanes_v3(void *job, size_t begin, size_t end) {
  lanes_body(6, spread_plainly, weigh, job, begin, end);
}

static void lanes_baseline(void *job, size_t begin, size_t end) { lanes_body(2, spread_plainly, weigh, job, begin, end); }

#if defined(__x86_64__)

// Panels of 32 keys in which two neighbouring depths of a key lie together; zeros beyond the last key and depth.
CK_BF16_TARGET static void pack_keys_bf16(const ck_attention *s, const attention_layout *l, const uint16_t *k, uint16_t *to) {
  size_t stride = s->k_strides[2];
  for (size_t j = 0; j < l->packed_keys; j += CK_BF16_PANEL, to += CK_BF16_PANEL * l->depth) {
    size_t here = s->keys - j < CK_BF16_PANEL ? s->keys - j : CK_BF16_PANEL;
    const uint16_t *from = k + j * stride;
    if (here < CK_BF16_PANEL) memset(to, 0, CK_BF16_PANEL * l->depth * sizeof *to);
    for (size_t d = 0; d + 2 <= s->size; d += 2)
      for (size_t i = 0; i < here; i++) memcpy(to + d * CK_BF16_PANEL + 2 * i, from + i * stride + d, 2 * sizeof *to);
    for (size_t d = s->size / 2 * 2; d < s->size; d++)
      for (size_t i = 0; i < here; i++) {
        to[d * CK_BF16_PANEL + 2 * i] = from[i * stride + d];
        to[d * CK_BF16_PANEL + 2 * i + 1] = 0;
      }
  }
}

// Panels of 32 columns of the values in which two neighbouring keys lie together.
CK_BF16_TARGET static void pack_values_bf16(const ck_attention *s, const attention_layout *l, const uint16_t *v, uint16_t *to) {
  uint16_t places[2][CK_BF16_PANEL];
  for (int i = 0; i < CK_BF16_PANEL; i++) {
    places[0][i] = (uint16_t)(i / 2 + i % 2 * CK_BF16_PANEL);
    places[1][i] = (uint16_t)(places[0][i] + CK_BF16_PANEL / 2);
  }
  const __m512i low = _mm512_loadu_si512(places[0]), high = _mm512_loadu_si512(places[1]);
  for (size_t d = 0; d < l->result_row; d += CK_BF16_PANEL) {
    size_t here = s->value_size - d < CK_BF16_PANEL ? s->value_size - d : CK_BF16_PANEL;
    __mmask32 columns = here == CK_BF16_PANEL ? ~(__mmask32)0 : ((__mmask32)1 << here) - 1;
    for (size_t j = 0; j < l->packed_keys; j += 2, to += 2 * CK_BF16_PANEL) {
      const uint16_t *even = v + j * s->v_strides[2] + d;
      __m512i first = _mm512_maskz_loadu_epi16(j < s->keys ? columns : 0, even);
      __m512i second = _mm512_maskz_loadu_epi16(j + 1 < s->keys ? columns : 0, even + s->v_strides[2]);
      _mm512_storeu_si512(to, _mm512_permutex2var_epi16(first, low, second));
      _mm512_storeu_si512(to + CK_BF16_PANEL, _mm512_permutex2var_epi16(first, high, second));
    }
  }
}

// A row of bfloat16.
CK_BF16_TARGET static inline void copy_narrow(const uint16_t *from, size_t count, uint16_t *to) {
  for (size_t d = 0; d < count; d += 32) {
    __mmask32 lanes = count - d >= 32 ? ~(__mmask32)0 : ((__mmask32)1 << (count - d)) - 1;
    _mm512_mask_storeu_epi16(to + d, lanes, _mm512_maskz_loadu_epi16(lanes, from + d));
  }
}

CK_BF16_TARGET static void one_block_bf16(
    const ck_attention *s, const attention_layout *l, char *w, const uint16_t *q, const block_bias *bias, size_t rows) {
  uint16_t *queries = (uint16_t *)(w + l->queries), *weights = (uint16_t *)(w + l->weights);
  float *scores = (float *)(w + l->scores), *result = (float *)(w + l->result);
  const uint16_t *keys = (const uint16_t *)(w + l->keys), *values = (const uint16_t *)(w + l->values);
  // Biases come before the scale is multiplied with; one without a reciprocal goes to the queries.
  const bool is_invertible = isfinite(1 / s->scale);
  const float scale = is_invertible ? s->scale : 1;
  for (size_t i = 0; i < rows; i++) {
    uint16_t *to = queries + i * l->query_row;
    copy_narrow(q + i * s->q_strides[2], s->size, to);
    for (size_t d = 0; d < s->size && !is_invertible; d++) to[d] = ck_bf16_rounded(ck_bf16_value(to[d]) * s->scale);
    if (s->size < l->depth) to[s->size] = 0;
  }
  for (size_t k = 0; k < s->keys; k += KEY_BLOCK) {
    size_t count = s->keys - k < KEY_BLOCK ? s->keys - k : KEY_BLOCK, whole = padded(count, CK_BF16_PANEL);
    if (has_bias(s, bias)) spread_bias(spread, s, l, w, bias, rows, 1 / scale, k, count);
    for (size_t j = 0; j < whole; j += CK_BF16_PANEL)
      ck_bf16_tiles(
          rows, queries, l->query_row, keys + (k + j) * l->depth, l->depth / 2, scores + j, KEY_BLOCK, has_bias(s, bias));
    weigh_narrow(l, w, rows, scale * LOG2E, k, count);
    size_t pairs = (count + 1) / 2;
    for (size_t d = 0; d < l->result_row; d += CK_BF16_PANEL)
      ck_bf16_tiles(
          rows, weights, l->weight_row, values + d * l->packed_keys + k * CK_BF16_PANEL, pairs, result + d, l->result_row, k > 0);
  }
}

CK_BF16_TARGET static void lanes_bf16(void *context, size_t begin, size_t end) {
  const attention_job *job = context;
  const ck_attention *s = job->shape;
  const ck_attention_operands *o = job->operands;
  attention_layout l = layout(s);
  size_t block = query_block(s), blocks = (s->queries + block - 1) / block, tasks = s->batch * s->heads * blocks;
  for (size_t lane = begin; lane < end; lane++) {
    char *w = job->workspace + lane * l.total;
    size_t packed = SIZE_MAX;
    for (size_t task = tasks * lane / job->lanes; task < tasks * (lane + 1) / job->lanes; task++) {
      size_t head = task / blocks, b = head / s->heads, h = head % s->heads, first = task % blocks * block;
      if (head != packed) {
        const uint16_t *k = (const uint16_t *)o->k + b * s->k_strides[0] + h * s->k_strides[1];
        const uint16_t *v = (const uint16_t *)o->v + b * s->v_strides[0] + h * s->v_strides[1];
        pack_keys_bf16(s, &l, k, (uint16_t *)(w + l.keys));
        pack_values_bf16(s, &l, v, (uint16_t *)(w + l.values));
        packed = head;
      }
      size_t rows = s->queries - first < block ? s->queries - first : block;
      block_bias bias = bias_of(s, o, b, h, first);
      const uint16_t *q = (const uint16_t *)o->q + b * s->q_strides[0] + h * s->q_strides[1] + first * s->q_strides[2];
      one_block_bf16(s, &l, w, q, &bias, rows);
      finish(s, &l, w, rows, o->y, b * s->y_strides[0] + h * s->y_strides[1] + first * s->y_strides[2]);
    }
  }
}

#endif

ck_status ck_attention_forward(const ck_attention *shape, const ck_attention_operands *operands, void *workspace, size_t lanes) {
  attention_job job = {shape, operands, workspace, lanes};
#if defined(__x86_64__)
  if (shape->is_bf16) {
    ck_parallel_for(lanes, 1, lanes_bf16, &job);
    return CK_OK;
  }
#endif
  if (shape->is_bf16) return ck_fail(CK_UNSUPPORTED, "bfloat16 attention needs AVX512-BF16");
  ck_parallel_for(lanes, 1, CK_BEST(lanes), &job);
  return CK_OK;
}
