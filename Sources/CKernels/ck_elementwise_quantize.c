#include "ck_elementwise.h"
#include "ck_elementwise_math.h"
#include "ck_threads.h"

typedef struct {
  const void *x;
  void *y;
  float scale, zero, low, high;
} quantize_job;

static CK_SIMD void quantize_range(void *pointer, size_t begin, size_t end) {
  const quantize_job *job = pointer;
  const float *x = job->x, scale = job->scale, zero = job->zero, low = job->low, high = job->high;
  uint8_t *y = job->y;
  CK_VECTORIZE for (size_t i = begin; i < end; i++) {
    float t = __builtin_elementwise_roundeven(x[i] / scale) + zero;
    t = t < low ? low : t;
    t = t > high ? high : t;
    y[i] = (uint8_t)(int32_t)(t == t ? t : 0.0f);
  }
}

void ck_quantize(size_t count, const float *x, float scale, float zero, float low, float high, uint8_t *y) {
  quantize_job job = {x, y, scale, zero, low, high};
  ck_parallel_for(count, CK_GRAIN, quantize_range, &job);
}

// Lanes that comparisons run in, so that they need no order among themselves.
enum { EXTENT_LANES = 32 };

typedef struct {
  size_t count;
  const float *x;
  // For each part its smallest and its largest.
  float *ends;
} extent_job;

static CK_SIMD void extent_range(void *pointer, size_t begin, size_t end) {
  const extent_job *job = pointer;
  for (size_t part = begin; part < end; part++) {
    const float *x = job->x + part * CK_GRAIN;
    const size_t left = job->count - part * CK_GRAIN, count = left < CK_GRAIN ? left : CK_GRAIN;
    float low[EXTENT_LANES] = {0}, high[EXTENT_LANES] = {0};
    size_t i = 0;
    for (; i + EXTENT_LANES <= count; i += EXTENT_LANES)
      for (size_t lane = 0; lane < EXTENT_LANES; lane++) {
        const float v = x[i + lane];
        low[lane] = v < low[lane] ? v : low[lane];
        high[lane] = v > high[lane] ? v : high[lane];
      }
    for (; i < count; i++) {
      low[0] = x[i] < low[0] ? x[i] : low[0];
      high[0] = x[i] > high[0] ? x[i] : high[0];
    }
    for (size_t lane = 1; lane < EXTENT_LANES; lane++) {
      low[0] = low[lane] < low[0] ? low[lane] : low[0];
      high[0] = high[lane] > high[0] ? high[lane] : high[0];
    }
    job->ends[2 * part] = low[0];
    job->ends[2 * part + 1] = high[0];
  }
}

static size_t extent_parts(size_t count) { return count / CK_GRAIN + (count % CK_GRAIN != 0); }

size_t ck_extent_workspace(size_t count) { return 2 * extent_parts(count); }

void ck_extent(size_t count, const float *x, float *workspace, float *low, float *high) {
  extent_job job = {count, x, workspace};
  const size_t parts = extent_parts(count);
  ck_parallel_for(parts, 1, extent_range, &job);
  *low = *high = 0;
  for (size_t part = 0; part < parts; part++) {
    *low = workspace[2 * part] < *low ? workspace[2 * part] : *low;
    *high = workspace[2 * part + 1] > *high ? workspace[2 * part + 1] : *high;
  }
}

#define CK_DEQUANTIZE(name, type)                                                 \
  static CK_SIMD void name##_range(void *pointer, size_t begin, size_t end) {     \
    const quantize_job *job = pointer;                                            \
    const type *x = job->x;                                                       \
    const float scale = job->scale, zero = job->zero;                             \
    float *y = job->y;                                                            \
    CK_VECTORIZE for (size_t i = begin; i < end; i++) y[i] = ((float)x[i] - zero) * scale; \
  }                                                                               \
  void name(size_t count, const void *x, float scale, float zero, float *y) {     \
    quantize_job job = {x, y, scale, zero, 0, 0};                                 \
    ck_parallel_for(count, CK_GRAIN, name##_range, &job);                         \
  }

CK_DEQUANTIZE(ck_dequantize_unsigned, uint8_t)
CK_DEQUANTIZE(ck_dequantize_signed, int8_t)
