#include "ck_bf16_tile.h"
#include "ck_elementwise.h"
#include "ck_elementwise_math.h"
#include "ck_threads.h"

typedef void row_function(size_t count, const void *a, ptrdiff_t sa, const void *b, ptrdiff_t sb, void *y);

typedef struct {
  const ck_broadcast *plan;
  const char *a, *b;
  char *y;
  // Bytes of an element of the inputs, and of y.
  ptrdiff_t size, y_size;
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
    job->row(
        job->length, job->a + offsets[0] * job->size, sa, job->b + offsets[1] * job->size, sb,
        job->y + (ptrdiff_t)(row * job->length) * job->y_size);
  }
}

static void binary_flat(void *pointer, size_t begin, size_t end) {
  const binary_job *job = pointer;
  ptrdiff_t sa = job->plan->stride[0][0], sb = job->plan->stride[1][0];
  job->row(
      end - begin, job->a + (ptrdiff_t)begin * sa * job->size, sa, job->b + (ptrdiff_t)begin * sb * job->size, sb,
      job->y + (ptrdiff_t)begin * job->y_size);
}

static void run_binary(
    const ck_broadcast *plan, const void *a, const void *b, void *y, size_t size, size_t y_size, row_function *row) {
  binary_job job = {plan, a, b, y, (ptrdiff_t)size, (ptrdiff_t)y_size, row, 1, plan->count[plan->rank - 1]};
  for (size_t axis = 0; axis + 1 < plan->rank; axis++) job.rows *= plan->count[axis];
  if (plan->rank == 1) {
    ck_parallel_for(job.length, CK_GRAIN, binary_flat, &job);
  } else if (job.length > 0) {
    ck_parallel_for(job.rows, CK_GRAIN / job.length + 1, binary_rows, &job);
  }
}

#define CK_BINARY_LOOP(A, B, save, expression)      \
  CK_VECTORIZE for (size_t i = 0; i < count; i++) { \
    const float a = A, b = B;                       \
    y[i] = save(expression);                        \
  }

#define CK_BINARY_ROW(name, operand, result, load, save, expression)                                             \
  static CK_SIMD void name(size_t count, const void *pa, ptrdiff_t sa, const void *pb, ptrdiff_t sb, void *py) { \
    const operand *left = pa, *right = pb;                                                                       \
    result *y = py;                                                                                              \
    if (sa == 1 && sb == 1) {                                                                                    \
      CK_BINARY_LOOP(load(left[i]), load(right[i]), save, expression)                                            \
    } else if (sa == 1 && sb == 0) {                                                                             \
      const float only = load(*right);                                                                           \
      CK_BINARY_LOOP(load(left[i]), only, save, expression)                                                      \
    } else if (sa == 0 && sb == 1) {                                                                             \
      const float only = load(*left);                                                                            \
      CK_BINARY_LOOP(only, load(right[i]), save, expression)                                                     \
    } else {                                                                                                     \
      for (size_t i = 0; i < count; i++) {                                                                       \
        const float a = load(left[(ptrdiff_t)i * sa]), b = load(right[(ptrdiff_t)i * sb]);                       \
        y[i] = save(expression);                                                                                 \
      }                                                                                                          \
    }                                                                                                            \
  }

#define CK_FLOAT_ROW(name, result, expression) CK_BINARY_ROW(name, float, result, CK_FLOAT, CK_FLOAT, expression)

#define CK_BINARY(name, expression)                                                                           \
  CK_FLOAT_ROW(name##_float, float, expression)                                                               \
  CK_BINARY_ROW(name##_bf16, uint16_t, uint16_t, ck_bf16_value, ck_bf16_rounded, expression)                  \
  void name(const ck_broadcast *plan, const void *a, const void *b, void *y) {                                \
    const size_t size = plan->is_bf16 ? sizeof(uint16_t) : sizeof(float);                                     \
    run_binary(plan, a, b, y, size, size, plan->is_bf16 ? name##_bf16 : name##_float);                        \
  }

#define CK_COMPARISON(name, expression)                                              \
  CK_FLOAT_ROW(name##_row, uint8_t, expression)                                      \
  void name(const ck_broadcast *plan, const float *a, const float *b, uint8_t *y) {  \
    run_binary(plan, a, b, y, sizeof *a, sizeof *y, name##_row);                     \
  }

CK_BINARY(ck_add, a + b)
CK_BINARY(ck_sub, a - b)
CK_BINARY(ck_mul, a *b)
CK_BINARY(ck_div, a / b)
CK_BINARY(ck_maximum, a > b || a != a ? a : b)
CK_BINARY(ck_minimum, a < b || a != a ? a : b)
CK_BINARY(ck_prelu, a < 0.0f ? a * b : a)
CK_COMPARISON(ck_equal, a == b)
CK_COMPARISON(ck_greater, a > b)
CK_COMPARISON(ck_less, a < b)
CK_COMPARISON(ck_greater_or_equal, a >= b)
CK_COMPARISON(ck_less_or_equal, a <= b)
CK_FLOAT_ROW(ck_square_row, float, ((void)b, a * a))
CK_FLOAT_ROW(ck_cube_row, float, ((void)b, a *a *a))
CK_FLOAT_ROW(ck_root_row, float, ((void)b, __builtin_elementwise_sqrt(a)))

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

void ck_pow(const ck_broadcast *plan, const void *a, const void *b, void *y) {
  run_binary(plan, a, b, y, sizeof(float), sizeof(float), pow_row);
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
