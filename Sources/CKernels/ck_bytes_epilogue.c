#include "ck_bytes_epilogue.h"

#include "ck_dense_epilogue.h"
#include "ck_elementwise_math.h"
#include "ck_threads.h"

#define EACH _Pragma("clang loop vectorize(assume_safety)") for (size_t j = 0; j < n; j++)

// The byte of a number, as a number.
CK_INLINE float to_byte(float x, float scale, float zero, float low) {
  float t = __builtin_elementwise_roundeven(x / scale);
  t = t + zero;
  t = t < low ? low : t;
  t = t > low + 255.0f ? low + 255.0f : t;
  return t == t ? t : 0.0f;
}

static float lowest(const ck_byte_scale *bytes) { return bytes->is_signed ? -128.0f : 0.0f; }

CK_SIMD static void scaled(size_t n, const int32_t *sums, const float *scales, const float *bias, float *v) {
  EACH v[j] = (float)sums[j] * scales[j];
  // Apart, so that product and sum are rounded one after the other.
  if (bias) EACH v[j] = v[j] + bias[j];
}

CK_SIMD static void rounded(size_t n, const float *x, float scale, float zero, float low, float *y) {
  EACH y[j] = (to_byte(x[j], scale, zero, low) - zero) * scale;
}

CK_SIMD static void added(size_t n, const float *x, float *v) {
  EACH v[j] = v[j] + x[j];
}

CK_SIMD static void added_unsigned(size_t n, const uint8_t *x, float scale, float zero, float *v) {
  EACH {
    float t = ((float)x[j] - zero) * scale;
    v[j] = v[j] + t;
  }
}

CK_SIMD static void added_signed(size_t n, const int8_t *x, float scale, float zero, float *v) {
  EACH {
    float t = ((float)x[j] - zero) * scale;
    v[j] = v[j] + t;
  }
}

CK_SIMD static void stored(size_t n, const float *v, float scale, float zero, float low, uint8_t *y) {
  EACH y[j] = (uint8_t)(int32_t)to_byte(v[j], scale, zero, low);
}

CK_SIMD static void multiplied(size_t n, float factor, float *v) {
  EACH v[j] = v[j] * factor;
}

static void add_residual(const ck_byte_epilogue *e, size_t n, const void *residual, float *v) {
  const ck_byte_scale *s = &e->residual;
  if (s->scale == 0) added(n, residual, v);
  else if (s->is_signed) added_signed(n, residual, s->scale, (float)s->zero, v);
  else added_unsigned(n, residual, s->scale, (float)s->zero, v);
}

void ck_byte_epilogue_row(
    const ck_byte_epilogue *e, size_t n, const int32_t *sums, const ck_byte_columns *columns, const void *residual, void *y) {
  if (e->stores_sums) {
    memcpy(y, sums, n * sizeof *sums);
    return;
  }
  float buffer[CK_BYTE_COLUMNS];
  float *v = e->result.scale == 0 && !residual ? y : buffer;
  scaled(n, sums, columns->scales, columns->inner_bias, v);
  if (e->rounding.scale != 0) rounded(n, v, e->rounding.scale, (float)e->rounding.zero, lowest(&e->rounding), v);
  if (columns->bias) added(n, columns->bias, v);
  if (residual && !e->residual_is_last) add_residual(e, n, residual, v);
  if (e->activation != CK_ACTIVATION_NONE) ck_dense_epilogue(v, n, 1, n, 0, e->activation, 0);
  if (residual && e->residual_is_last) add_residual(e, n, residual, v);
  if (e->factor != 1) multiplied(n, e->factor, v);
  if (e->result.scale != 0) stored(n, v, e->result.scale, (float)e->result.zero, lowest(&e->result), y);
  else if (v != y) memcpy(y, v, n * sizeof *v);
}

ck_byte_columns ck_byte_columns_from(const ck_byte_columns *c, size_t first) {
  return (ck_byte_columns){
      c->scales ? c->scales + first : 0, c->inner_bias ? c->inner_bias + first : 0, c->bias ? c->bias + first : 0};
}

size_t ck_byte_result_size(const ck_byte_epilogue *e) { return e->result.scale == 0 ? sizeof(float) : 1; }

size_t ck_byte_residual_size(const ck_byte_epilogue *e) { return e->residual.scale == 0 ? sizeof(float) : 1; }

typedef struct {
  const float *x;
  float *y;
  const ck_byte_scale *bytes;
} round_job;

static void round_range(void *pointer, size_t begin, size_t end) {
  const round_job *job = pointer;
  rounded(end - begin, job->x + begin, job->bytes->scale, (float)job->bytes->zero, lowest(job->bytes), job->y + begin);
}

void ck_byte_round(size_t count, const float *x, const ck_byte_scale *bytes, float *y) {
  round_job job = {x, y, bytes};
  ck_parallel_for(count, CK_GRAIN, round_range, &job);
}
