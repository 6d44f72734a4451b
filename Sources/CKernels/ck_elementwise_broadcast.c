#include "ck_elementwise.h"
#include "ck_elementwise_math.h"
#include "ck_threads.h"

typedef void row_function(size_t count, const void *a, ptrdiff_t sa, const void *b, ptrdiff_t sb, void *y);

typedef struct {
  const ck_broadcast *plan;
  const char *a, *b;
  char *y;
  size_t y_size;
  row_function *row;
  size_t rows, length;
} binary_job;

// Offsets of row `row` into the two inputs at stride[0] and stride[1].
static void row_offsets(const ck_broadcast *plan, size_t row, ptrdiff_t offsets[3]) {
  offsets[0] = offsets[1] = offsets[2] = 0;
  for (size_t axis = plan->rank - 1; axis-- > 0;) {
    size_t position = row % plan->count[axis];
    row /= plan->count[axis];
    for (int input = 0; input < 3; input++) offsets[input] += (ptrdiff_t)position * plan->stride[input][axis];
  }
}

// A range of rows: the output is dense, so element `begin * length` is where it starts.
static void binary_rows(void *pointer, size_t begin, size_t end) {
  const binary_job *job = pointer;
  const ck_broadcast *plan = job->plan;
  ptrdiff_t sa = plan->stride[0][plan->rank - 1], sb = plan->stride[1][plan->rank - 1];
  for (size_t row = begin; row < end; row++) {
    ptrdiff_t offsets[3];
    row_offsets(plan, row, offsets);
    job->row(job->length, job->a + offsets[0] * 4, sa, job->b + offsets[1] * 4, sb, job->y + row * job->length * job->y_size);
  }
}

static void binary_flat(void *pointer, size_t begin, size_t end) {
  const binary_job *job = pointer;
  ptrdiff_t sa = job->plan->stride[0][0], sb = job->plan->stride[1][0];
  job->row(end - begin, job->a + (ptrdiff_t)begin * sa * 4, sa, job->b + (ptrdiff_t)begin * sb * 4, sb,
           job->y + begin * job->y_size);
}

static void run_binary(const ck_broadcast *plan, const void *a, const void *b, void *y, size_t y_size, row_function *row) {
  binary_job job = {plan, a, b, y, y_size, row, 1, plan->count[plan->rank - 1]};
  for (size_t axis = 0; axis + 1 < plan->rank; axis++) job.rows *= plan->count[axis];
  if (plan->rank == 1) {
    ck_parallel_for(job.length, CK_GRAIN, binary_flat, &job);
  } else if (job.length > 0) {
    ck_parallel_for(job.rows, CK_GRAIN / job.length + 1, binary_rows, &job);
  }
}

#define CK_BINARY_LOOP(A, B, expression)            \
  CK_VECTORIZE for (size_t i = 0; i < count; i++) { \
    const float a = A, b = B;                       \
    y[i] = (expression);                            \
  }

#define CK_BINARY_ROW(name, result, expression)                                                                   \
  static CK_SIMD void name##_row(size_t count, const void *pa, ptrdiff_t sa, const void *pb, ptrdiff_t sb, void *py) { \
    const float *left = pa, *right = pb;                                                                         \
    result *y = py;                                                                                              \
    if (sa == 1 && sb == 1) {                                                                                    \
      CK_BINARY_LOOP(left[i], right[i], expression)                                                              \
    } else if (sa == 1 && sb == 0) {                                                                             \
      const float only = *right;                                                                                 \
      CK_BINARY_LOOP(left[i], only, expression)                                                                  \
    } else if (sa == 0 && sb == 1) {                                                                             \
      const float only = *left;                                                                                  \
      CK_BINARY_LOOP(only, right[i], expression)                                                                 \
    } else {                                                                                                     \
      for (size_t i = 0; i < count; i++) {                                                                       \
        const float a = left[(ptrdiff_t)i * sa], b = right[(ptrdiff_t)i * sb];                                   \
        y[i] = (expression);                                                                                     \
      }                                                                                                          \
    }                                                                                                            \
  }

#define CK_BINARY(name, result, expression)                                        \
  CK_BINARY_ROW(name, result, expression)                                            \
  void name(const ck_broadcast *plan, const float *a, const float *b, result *y) {                               \
    run_binary(plan, a, b, y, sizeof *y, name##_row);                                                            \
  }

CK_BINARY(ck_add, float, a + b)
CK_BINARY(ck_sub, float, a - b)
CK_BINARY(ck_mul, float, a *b)
CK_BINARY(ck_div, float, a / b)
CK_BINARY(ck_maximum, float, a > b || a != a ? a : b)
CK_BINARY(ck_minimum, float, a < b || a != a ? a : b)
CK_BINARY(ck_prelu, float, a < 0.0f ? a * b : a)
CK_BINARY(ck_equal, uint8_t, a == b)
CK_BINARY(ck_greater, uint8_t, a > b)
CK_BINARY(ck_less, uint8_t, a < b)
CK_BINARY(ck_greater_or_equal, uint8_t, a >= b)
CK_BINARY(ck_less_or_equal, uint8_t, a <= b)
CK_BINARY_ROW(ck_square, float, ((void)b, a * a))
CK_BINARY_ROW(ck_cube, float, ((void)b, a *a *a))
CK_BINARY_ROW(ck_root, float, ((void)b, __builtin_elementwise_sqrt(a)))

static void power_row(size_t count, const void *a, ptrdiff_t sa, const void *b, ptrdiff_t sb, void *y) {
  const float *left = a, *right = b;
  float *result = y;
  for (ptrdiff_t i = 0; i < (ptrdiff_t)count; i++) result[i] = powf(left[i * sa], right[i * sb]);
}

// Powers by a constant that have something quicker than powf.
static void pow_row(size_t count, const void *a, ptrdiff_t sa, const void *b, ptrdiff_t sb, void *y) {
  const float exponent = *(const float *)b;
  row_function *row = power_row;
  if (sb == 0 && exponent == 2.0f) row = ck_square_row;
  if (sb == 0 && exponent == 3.0f) row = ck_cube_row;
  if (sb == 0 && exponent == 0.5f) row = ck_root_row;
  row(count, a, sa, b, sb, y);
}

void ck_pow(const ck_broadcast *plan, const float *a, const float *b, float *y) {
  run_binary(plan, a, b, y, sizeof *y, pow_row);
}

typedef struct {
  const ck_broadcast *plan;
  const uint8_t *condition;
  const uint32_t *a, *b;
  uint32_t *y;
  size_t length;
} where_job;

static CK_SIMD void where_row(size_t count, const uint8_t *c, ptrdiff_t sc, const uint32_t *a, ptrdiff_t sa, const uint32_t *b,
                              ptrdiff_t sb, uint32_t *y) {
  if (sc == 1 && sa == 1 && sb == 1) {
    CK_VECTORIZE for (size_t i = 0; i < count; i++) y[i] = c[i] ? a[i] : b[i];
  } else if (sc == 1 && sa == 1 && sb == 0) {
    const uint32_t only = *b;
    CK_VECTORIZE for (size_t i = 0; i < count; i++) y[i] = c[i] ? a[i] : only;
  } else if (sc == 1 && sa == 0 && sb == 1) {
    const uint32_t only = *a;
    CK_VECTORIZE for (size_t i = 0; i < count; i++) y[i] = c[i] ? only : b[i];
  } else {
    for (ptrdiff_t i = 0; i < (ptrdiff_t)count; i++) y[i] = c[i * sc] ? a[i * sa] : b[i * sb];
  }
}

static void where_rows(void *pointer, size_t begin, size_t end) {
  const where_job *job = pointer;
  const ck_broadcast *plan = job->plan;
  size_t last = plan->rank - 1;
  for (size_t row = begin; row < end; row++) {
    ptrdiff_t o[3];
    row_offsets(plan, row, o);
    where_row(job->length, job->condition + o[0], plan->stride[0][last], job->a + o[1], plan->stride[1][last], job->b + o[2],
              plan->stride[2][last], job->y + row * job->length);
  }
}

static void where_flat(void *pointer, size_t begin, size_t end) {
  const where_job *job = pointer;
  ptrdiff_t sc = job->plan->stride[0][0], sa = job->plan->stride[1][0], sb = job->plan->stride[2][0];
  ptrdiff_t at = (ptrdiff_t)begin;
  where_row(end - begin, job->condition + at * sc, sc, job->a + at * sa, sa, job->b + at * sb, sb, job->y + begin);
}

void ck_where(const ck_broadcast *plan, const uint8_t *condition, const uint32_t *a, const uint32_t *b, uint32_t *y) {
  where_job job = {plan, condition, a, b, y, plan->count[plan->rank - 1]};
  size_t rows = 1;
  for (size_t axis = 0; axis + 1 < plan->rank; axis++) rows *= plan->count[axis];
  if (plan->rank == 1) {
    ck_parallel_for(job.length, CK_GRAIN, where_flat, &job);
  } else if (job.length > 0) {
    ck_parallel_for(rows, CK_GRAIN / job.length + 1, where_rows, &job);
  }
}
