#include "ck_elementwise.h"
#include "ck_elementwise_math.h"
#include "ck_threads.h"

// Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011). Eight counters side by side make the bits of 32 elements: element
// i of a tile takes word i / 8 of counter i % 8.
enum { LANES = 8, TILE = 32 };

typedef struct {
  const ck_dropout *dropout;
  const float *x;
  float *y;
  uint8_t *mask;
  size_t count;
} dropout_job;

CK_INLINE void philox(const ck_dropout *dropout, uint64_t tile, uint32_t bits[TILE]) {
  uint32_t c0[LANES], c1[LANES], c2[LANES], c3[LANES];
  uint32_t k0 = (uint32_t)dropout->seed, k1 = (uint32_t)(dropout->seed >> 32);
  for (int i = 0; i < LANES; i++) {
    uint64_t counter = tile * LANES + (uint64_t)i;
    c0[i] = (uint32_t)counter, c1[i] = (uint32_t)(counter >> 32), c2[i] = dropout->step, c3[i] = dropout->stream;
  }
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < LANES; i++) {
      uint64_t p0 = (uint64_t)c0[i] * 0xD2511F53u, p1 = (uint64_t)c2[i] * 0xCD9E8D57u;
      uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1[i] ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3[i] ^ k1;
      c0[i] = n0, c1[i] = (uint32_t)p1, c2[i] = n2, c3[i] = (uint32_t)p0;
    }
    k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
  }
  for (int i = 0; i < LANES; i++) {
    bits[i] = c0[i], bits[LANES + i] = c1[i], bits[2 * LANES + i] = c2[i], bits[3 * LANES + i] = c3[i];
  }
}

static CK_SIMD void forward(void *pointer, size_t begin, size_t end) {
  const dropout_job *job = pointer;
  const uint32_t threshold = job->dropout->threshold;
  const float scale = job->dropout->scale;
  for (size_t tile = begin; tile < end; tile++) {
    uint32_t bits[TILE];
    philox(job->dropout, tile, bits);
    size_t start = tile * TILE, length = job->count - start < TILE ? job->count - start : TILE;
    const float *x = job->x + start;
    float *y = job->y + start;
    uint8_t *mask = job->mask + start;
    CK_VECTORIZE for (size_t i = 0; i < length; i++) {
      int keep = bits[i] >= threshold;
      mask[i] = (uint8_t)keep;
      y[i] = keep ? x[i] * scale : 0.0f;
    }
  }
}

void ck_dropout_forward(const ck_dropout *dropout, size_t count, const float *x, float *y, uint8_t *mask) {
  dropout_job job = {dropout, x, y, mask, count};
  ck_parallel_for((count + TILE - 1) / TILE, CK_GRAIN / TILE, forward, &job);
}

typedef struct {
  const float *dy;
  const uint8_t *mask;
  float scale;
  float *dx;
} backward_job;

static CK_SIMD void backward(void *pointer, size_t begin, size_t end) {
  const backward_job *job = pointer;
  const float *dy = job->dy;
  const uint8_t *mask = job->mask;
  const float scale = job->scale;
  float *dx = job->dx;
  CK_VECTORIZE for (size_t i = begin; i < end; i++) dx[i] = mask[i] ? dy[i] * scale : 0.0f;
}

void ck_dropout_backward(size_t count, const float *dy, const uint8_t *mask, float scale, float *dx) {
  backward_job job = {dy, mask, scale, dx};
  ck_parallel_for(count, CK_GRAIN, backward, &job);
}
