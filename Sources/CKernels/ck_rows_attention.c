#include "ck_rows_attention.h"
#include "ck_threads.h"

typedef struct {
  const ck_attention *shape;
  const float *q, *k, *v, *mask;
  float *y, *workspace;
  size_t lanes;
} attention_job;

// Floats of one lane's workspace and where its parts begin.
typedef struct {
  size_t queries, scores, result, sums, keys, values, total;
} attention_layout;

static attention_layout layout(const ck_attention *s) {
  size_t block = attention_block(s), keys = padded(s->keys, 16);
  attention_layout l;
  l.queries = 0;
  l.scores = l.queries + padded(block * s->size, 16);
  l.result = l.scores + block * keys;
  l.sums = l.result + block * padded(s->value_size, 16);
  l.keys = l.sums + padded(block, 16);
  l.values = l.keys + keys * s->size;
  l.total = l.values + s->keys * padded(s->value_size, 16);
  return l;
}

size_t ck_attention_workspace(const ck_attention *shape, size_t lanes) { return lanes * layout(shape).total * sizeof(float); }

// One block of `rows` queries against all keys, which are packed already.
CK_INLINE void one_block(
    const int tile, const attention_job *job, const attention_layout *l, float *w, const float *q, const float *mask, size_t rows,
    float *y) {
  const ck_attention *s = job->shape;
  size_t keys = padded(s->keys, 16), values = padded(s->value_size, 16), whole = padded(rows, (size_t)tile);
  pack_rows(q, s->q_strides[2], rows, whole, s->size, s->size, s->scale * LOG2E, w + l->queries);
  block_gemm(
      tile, 0, whole, keys, s->size, w + l->queries, s->size, w + l->keys, 16, 16 * s->size, w + l->scores, keys, 0);
  block_softmax(s, w + l->scores, rows, mask, w + l->sums);
  // Depth in steps that keep a panel of the values in the first-level cache.
  for (size_t k = 0; k < s->keys; k += 256) {
    size_t depth = s->keys - k < 256 ? s->keys - k : 256;
    block_gemm(
        tile, 0, whole, values, depth, w + l->scores + k, keys, w + l->values + k * 16, 16, 16 * s->keys, w + l->result, values,
        k > 0);
  }
  for (size_t i = 0; i < rows; i++) {
    const float *from = w + l->result + i * values;
    float *to = y + i * s->y_strides[2], factor = 1 / w[l->sums + i];
    for (size_t d = 0; d < s->value_size; d++) to[d] = from[d] * factor;
  }
}

CK_INLINE void lanes_body(const int tile, const attention_job *job, size_t begin, size_t end) {
  const ck_attention *s = job->shape;
  attention_layout l = layout(s);
  size_t block = attention_block(s), blocks = (s->queries + block - 1) / block, tasks = s->batch * s->heads * blocks;
  for (size_t lane = begin; lane < end; lane++) {
    float *w = job->workspace + lane * l.total;
    size_t packed = SIZE_MAX;
    for (size_t task = tasks * lane / job->lanes; task < tasks * (lane + 1) / job->lanes; task++) {
      size_t head = task / blocks, b = head / s->heads, h = head % s->heads, first = task % blocks * block;
      if (head != packed) {
        pack_transposed(
            job->k + b * s->k_strides[0] + h * s->k_strides[1], s->k_strides[2], s->keys, s->size, w + l.keys);
        pack_panels(
            job->v + b * s->v_strides[0] + h * s->v_strides[1], s->v_strides[2], s->keys, s->value_size, w + l.values);
        packed = head;
      }
      size_t rows = s->queries - first < block ? s->queries - first : block;
      const float *mask = job->mask;
      if (mask) mask += b * s->mask_strides[0] + h * s->mask_strides[1] + first * s->mask_strides[2];
      one_block(
          tile, job, &l, w, job->q + b * s->q_strides[0] + h * s->q_strides[1] + first * s->q_strides[2], mask, rows,
          job->y + b * s->y_strides[0] + h * s->y_strides[1] + first * s->y_strides[2]);
    }
  }
}

__attribute__((target("arch=x86-64-v4"), min_vector_width(512))) static void lanes_v4(void *job, size_t begin, size_t end) {
  lanes_body(12, job, begin, end);
}

__attribute__((target("arch=x86-64-v3"))) static void lanes_v3(void *job, size_t begin, size_t end) {
  lanes_body(6, job, begin, end);
}

static void lanes_baseline(void *job, size_t begin, size_t end) { lanes_body(2, job, begin, end); }

ck_status ck_attention_forward(
    const ck_attention *shape, const float *q, const float *k, const float *v, const float *mask, float *y, void *workspace,
    size_t lanes) {
  attention_job job = {shape, q, k, v, mask, y, workspace, lanes};
  ck_parallel_for(lanes, 1, CK_BEST(lanes), &job);
  return CK_OK;
}
