#include <immintrin.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ck_rows_simd.h"
#include "ck_search_pass.h"
#include "ck_threads.h"

// Write x = s c + r and q = t d + p with integer vectors c and d. Then q x = s t (c d) + q r + p (s c), so that by
// Cauchy-Schwarz the similarity is within |q| |r| + |p| |s c| of s t (c d), where |s c| <= |x| + |r|. The sum c d is exact: d
// is chosen so that no sum of its products with codes leaves 32 bits.

enum { LARGEST_CODE = 127, LARGEST_TILE = 4, LOOKAHEAD = 4 };

size_t ck_vectors_code_stride(size_t dimension) { return (dimension + 63) / 64 * 64; }

// Rounds up to a float.
static float at_least(double x) {
  float y = (float)x;
  return (double)y < x ? nextafterf(y, INFINITY) : y;
}

// Codes of `count` elements with the largest at `limit`; the step, and the length of the remainder rounded up.
#define ENCODE(name, type)                                                                        \
  static void name(const float *x, size_t count, int limit, type *codes, float *step, float *error) { \
    float largest = 0;                                                                            \
    for (size_t i = 0; i < count; i++) largest = fmaxf(largest, fabsf(x[i]));                     \
    *step = largest > 0 ? fmaxf(largest / (float)limit, 0x1p-100f) : 1;                           \
    double square = 0;                                                                            \
    for (size_t i = 0; i < count; i++) {                                                          \
      int code = (int)lrintf(x[i] / *step);                                                       \
      code = code > limit ? limit : code < -limit ? -limit : code;                                \
      codes[i] = (type)code;                                                                      \
      double rest = (double)x[i] - (double)*step * code;                                          \
      square += rest * rest;                                                                      \
    }                                                                                             \
    *error = at_least(sqrt(square) * (1 + 0x1p-30));                                              \
  }

ENCODE(encode_row, int8_t)
ENCODE(encode_query, int16_t)

typedef struct {
  const ck_vectors *v;
  int8_t *codes;
  float *steps, *errors;
} encode_job;

static void encode_rows(void *context, size_t begin, size_t end) {
  const encode_job *j = context;
  const ck_vectors *v = j->v;
  for (size_t i = begin; i < end; i++) {
    int8_t *codes = j->codes + i * v->code_stride;
    encode_row(v->rows + i * v->row_stride, v->dimension, LARGEST_CODE, codes, j->steps + i, j->errors + i);
    memset(codes + v->dimension, 0, v->code_stride - v->dimension);
  }
}

void ck_vectors_encode(const ck_vectors *v, int8_t *codes, float *steps, float *errors) {
  encode_job j = {v, codes, steps, errors};
  ck_parallel_for(v->count, 64, encode_rows, &j);
}

ck_status ck_code_queries_create(ck_code_queries *q, const float *from, size_t count, size_t dimension, size_t stride) {
  *q = (ck_code_queries){.count = count, .stride = stride};
  q->codes = aligned_alloc(64, count * stride * sizeof *q->codes);
  q->steps = malloc(count * 2 * sizeof *q->steps);
  if (!q->codes || !q->steps) {
    ck_code_queries_destroy(q);
    return ck_fail(CK_OUT_OF_MEMORY, "no memory for the queries of a search");
  }
  q->errors = q->steps + count;
  size_t room = INT32_MAX / (LARGEST_CODE * dimension);
  int limit = room < INT16_MAX ? (int)room : INT16_MAX;
  for (size_t i = 0; i < count; i++) {
    int16_t *codes = q->codes + i * stride;
    encode_query(from + i * dimension, dimension, limit, codes, q->steps + i, q->errors + i);
    memset(codes + dimension, 0, (stride - dimension) * sizeof *codes);
  }
  return CK_OK;
}

void ck_code_queries_destroy(ck_code_queries *q) {
  free(q->codes);
  free(q->steps);
}

// The products of one row with `tile` queries, 1 or LARGEST_TILE: a widening load and for each query a multiply-add of pairs.
// That instruction is named for every CPU, because compilers find its narrowest form only.
typedef void products_function(const int tile, const int8_t *row, const int16_t *queries, size_t stride, int32_t *products);

#define PRODUCTS(name, lanes, vector, multiply_add)                                                              \
  static inline void name(const int tile, const int8_t *row, const int16_t *queries, size_t stride, int32_t *y) { \
    typedef int8_t bytes __attribute__((vector_size(lanes), aligned(1), may_alias));                             \
    typedef int16_t words __attribute__((vector_size(2 * lanes)));                                               \
    typedef int32_t sums __attribute__((vector_size(2 * lanes)));                                                \
    sums sum[LARGEST_TILE] = {{0}};                                                                              \
    for (size_t i = 0; i < stride; i += lanes) {                                                                 \
      words x = __builtin_convertvector(*(const bytes *)(row + i), words);                                       \
      for (int j = 0; j < tile; j++) {                                                                           \
        words q = *(const words *)(queries + (size_t)j * stride + i);                                            \
        sum[j] += (sums)multiply_add((vector)x, (vector)q);                                                      \
      }                                                                                                          \
    }                                                                                                            \
    for (int j = 0; j < tile; j++) y[j] = __builtin_reduce_add(sum[j]);                                          \
  }

#define TARGET_V4 __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#define TARGET_V3 __attribute__((target("arch=x86-64-v3")))

__attribute__((always_inline)) TARGET_V4 PRODUCTS(products_v4, 32, __m512i, _mm512_madd_epi16)
__attribute__((always_inline)) TARGET_V3 PRODUCTS(products_v3, 16, __m256i, _mm256_madd_epi16)
__attribute__((always_inline)) PRODUCTS(products_baseline, 8, __m128i, _mm_madd_epi16)

// Offers one row to `count` queries.
CK_INLINE void offer_row(
    const ck_vectors *v, size_t row, const ck_code_queries *q, size_t first, size_t count, const int32_t *products,
    ck_finder *finders) {
  float step = v->steps[row], error = v->errors[row];
  for (size_t i = first; i < first + count; i++) {
    float score = (float)products[i - first] * (step * q->steps[i]);
    float margin = error + q->errors[i] * (1 + error) + 2 * CK_SEARCH_SLACK;
    if (score + margin >= finders[i].floor) ck_finder_offer(&finders[i], row, score - margin, score + margin);
  }
}

CK_INLINE void scan(
    products_function *products, const ck_vectors *v, const ck_code_queries *q, ck_finder *finders, size_t begin, size_t end) {
  const size_t stride = v->code_stride;
  int32_t sums[LARGEST_TILE];
  for (size_t row = begin; row < end; row++) {
    const int8_t *codes = v->codes + row * stride;
    for (size_t i = 0; i < stride; i += 64) __builtin_prefetch(codes + LOOKAHEAD * stride + i);
    size_t first = 0;
    for (; first + LARGEST_TILE <= q->count; first += LARGEST_TILE) {
      products(LARGEST_TILE, codes, q->codes + first * stride, stride, sums);
      offer_row(v, row, q, first, LARGEST_TILE, sums, finders);
    }
    for (; first < q->count; first++) {
      products(1, codes, q->codes + first * stride, stride, sums);
      offer_row(v, row, q, first, 1, sums, finders);
    }
  }
}

TARGET_V4 static void scan_v4(
    const ck_vectors *v, const ck_code_queries *q, ck_finder *finders, size_t begin, size_t end) {
  scan(products_v4, v, q, finders, begin, end);
}

TARGET_V3 static void scan_v3(
    const ck_vectors *v, const ck_code_queries *q, ck_finder *finders, size_t begin, size_t end) {
  scan(products_v3, v, q, finders, begin, end);
}

static void scan_baseline(
    const ck_vectors *v, const ck_code_queries *q, ck_finder *finders, size_t begin, size_t end) {
  scan(products_baseline, v, q, finders, begin, end);
}

void ck_search_codes(const ck_vectors *v, const ck_code_queries *q, ck_finder *finders, size_t begin, size_t end) {
  CK_BEST(scan)(v, q, finders, begin, end);
}
