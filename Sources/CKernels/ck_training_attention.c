#include "ck_rows_attention.h"
#include "ck_threads.h"
#include "ck_training.h"

typedef struct {
  const ck_attention *shape;
  const float *q, *k, *v, *mask, *dy;
  float *dq, *dk, *dv, *workspace;
  size_t lanes;
} backward_job;

// Floats of one lane's workspace and where its parts begin. `size`, `value_size`, `keys` are padded to 16.
typedef struct {
  size_t block, size, value_size, keys;
  size_t queries, dys, scores, dscores, sums, dqueries, keys_transposed, keys_panels, values_transposed, dkeys, dvalues, total;
} backward_layout;

static backward_layout layout(const ck_attention *s) {
  backward_layout l;
  l.block = attention_block(s);
  l.size = padded(s->size, 16);
  l.value_size = padded(s->value_size, 16);
  l.keys = padded(s->keys, 16);
  size_t rows = padded(s->keys, TILE_MULTIPLE);
  l.queries = 0;
  l.dys = l.queries + l.block * l.size;
  l.scores = l.dys + l.block * l.value_size;
  l.dscores = l.scores + l.block * l.keys;
  l.sums = l.dscores + l.block * l.keys;
  l.dqueries = l.sums + padded(l.block, 16);
  l.keys_transposed = l.dqueries + l.block * l.size;
  l.keys_panels = l.keys_transposed + l.keys * s->size;
  l.values_transposed = l.keys_panels + s->keys * l.size;
  l.dkeys = l.values_transposed + l.keys * s->value_size;
  l.dvalues = l.dkeys + rows * l.size;
  l.total = padded(l.dvalues + rows * l.value_size, 16);
  return l;
}

size_t ck_attention_backward_workspace(const ck_attention *shape, size_t lanes) {
  return lanes * layout(shape).total * sizeof(float);
}

// From unnormalised probabilities p and the gradient dp of the normalised ones: p becomes the probabilities, dp the
// gradient of the scores.
CK_INLINE void score_gradient(float *p, float *dp, size_t rows, size_t stride, const float *sums) {
  for (size_t i = 0; i < rows; i++, p += stride, dp += stride) {
    float factor = 1 / sums[i];
    v16 dot = {0};
    for (size_t j = 0; j < stride; j += 16) {
      v16 a = LOAD16(p + j) * factor;
      STORE16(p + j, a);
      dot += a * LOAD16(dp + j);
    }
    float delta = sum16(&dot);
    for (size_t j = 0; j < stride; j += 16) STORE16(dp + j, LOAD16(p + j) * (LOAD16(dp + j) - delta));
  }
}

CK_INLINE void write_rows(
    const float *from, size_t padded, size_t rows, size_t size, float factor, float *to, size_t stride) {
  for (size_t i = 0; i < rows; i++)
    for (size_t d = 0; d < size; d++) to[i * stride + d] = from[i * padded + d] * factor;
}

// One block of `rows` queries; adds to the gradients of keys and values in the workspace, or starts them when it is the first.
CK_INLINE void one_block(
    const int tile, const ck_attention *s, const backward_layout *l, float *w, const float *q, const float *dy, const float *mask,
    size_t rows, int is_first, float *dq) {
  size_t whole = padded(rows, (size_t)tile), key_rows = padded(s->keys, (size_t)tile);
  float *queries = w + l->queries, *dys = w + l->dys, *scores = w + l->scores, *dscores = w + l->dscores;
  pack_rows(q, s->q_strides[2], rows, whole, s->size, l->size, s->scale * LOG2E, queries);
  pack_rows(dy, s->y_strides[2], rows, whole, s->value_size, l->value_size, 1, dys);
  block_gemm(
      tile, 0, whole, l->keys, s->size, queries, l->size, w + l->keys_transposed, 16, 16 * s->size, scores, l->keys, 0);
  block_softmax(s, scores, rows, mask, w + l->sums);
  block_gemm(
      tile, 0, whole, l->keys, s->value_size, dys, l->value_size, w + l->values_transposed, 16, 16 * s->value_size, dscores,
      l->keys, 0);
  score_gradient(scores, dscores, rows, l->keys, w + l->sums);
  block_gemm(
      tile, 1, key_rows, l->value_size, rows, scores, l->keys, dys, l->value_size, 16, w + l->dvalues, l->value_size, !is_first);
  block_gemm(tile, 1, key_rows, l->size, rows, dscores, l->keys, queries, l->size, 16, w + l->dkeys, l->size, !is_first);
  for (size_t k = 0; k < s->keys; k += 256) {
    size_t depth = s->keys - k < 256 ? s->keys - k : 256;
    block_gemm(
        tile, 0, whole, l->size, depth, dscores + k, l->keys, w + l->keys_panels + k * 16, 16, 16 * s->keys, w + l->dqueries,
        l->size, k > 0);
  }
  write_rows(w + l->dqueries, l->size, rows, s->size, s->scale, dq, s->q_strides[2]);
}

CK_INLINE void one_head(const int tile, const backward_job *job, const backward_layout *l, float *w, size_t b, size_t h) {
  const ck_attention *s = job->shape;
  size_t q = b * s->q_strides[0] + h * s->q_strides[1], k = b * s->k_strides[0] + h * s->k_strides[1];
  size_t v = b * s->v_strides[0] + h * s->v_strides[1], y = b * s->y_strides[0] + h * s->y_strides[1];
  pack_transposed(job->k + k, s->k_strides[2], s->keys, s->size, w + l->keys_transposed);
  pack_panels(job->k + k, s->k_strides[2], s->keys, s->size, w + l->keys_panels);
  pack_transposed(job->v + v, s->v_strides[2], s->keys, s->value_size, w + l->values_transposed);
  for (size_t first = 0; first < s->queries; first += l->block) {
    size_t rows = s->queries - first < l->block ? s->queries - first : l->block;
    const float *mask = job->mask;
    if (mask) mask += b * s->mask_strides[0] + h * s->mask_strides[1] + first * s->mask_strides[2];
    one_block(
        tile, s, l, w, job->q + q + first * s->q_strides[2], job->dy + y + first * s->y_strides[2], mask, rows, first == 0,
        job->dq + q + first * s->q_strides[2]);
  }
  if (s->queries == 0) memset(w + l->dkeys, 0, (l->total - l->dkeys) * sizeof(float));
  // The packed queries carried the scale and the base of the exponential.
  write_rows(w + l->dkeys, l->size, s->keys, s->size, LN2, job->dk + k, s->k_strides[2]);
  write_rows(w + l->dvalues, l->value_size, s->keys, s->value_size, 1, job->dv + v, s->v_strides[2]);
}

CK_INLINE void lanes_body(const int tile, const backward_job *job, size_t begin, size_t end) {
  const ck_attention *s = job->shape;
  backward_layout l = layout(s);
  size_t tasks = s->batch * s->heads;
  for (size_t lane = begin; lane < end; lane++)
    for (size_t task = tasks * lane / job->lanes; task < tasks * (lane + 1) / job->lanes; task++)
      one_head(tile, job, &l, job->workspace + lane * l.total, task / s->heads, task % s->heads);
}

__attribute__((target("arch=x86-64-v4"), min_vector_width(512))) static void lanes_v4(void *job, size_t begin, size_t end) {
  lanes_body(12, job, begin, end);
}

__attribute__((target("arch=x86-64-v3"))) static void lanes_v3(void *job, size_t begin, size_t end) {
  lanes_body(6, job, begin, end);
}

static void lanes_baseline(void *job, size_t begin, size_t end) { lanes_body(2, job, begin, end); }

ck_status ck_attention_backward(
    const ck_attention *shape, const float *q, const float *k, const float *v, const float *mask, const float *dy, float *dq,
    float *dk, float *dv, void *workspace, size_t lanes) {
  backward_job job = {shape, q, k, v, mask, dy, dq, dk, dv, workspace, lanes};
  ck_parallel_for(lanes, 1, CK_BEST(lanes), &job);
  return CK_OK;
}
