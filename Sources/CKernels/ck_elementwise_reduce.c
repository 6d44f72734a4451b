#include "ck_elementwise.h"
#include "ck_elementwise_math.h"
#include "ck_threads.h"

// Two shapes of work. Inner: the last axis of the input is reduced, every result is a sum along memory. Rows: the last
// axis is kept, rows of it are added up. Long sums are cut into short float sums, so that rounding errors stay small.

enum { CHUNK = 128, SHORT_SUM = 4096, SHORT_ROWS = 256 };

typedef float lanes __attribute__((vector_size(64), aligned(4)));
typedef int32_t lane_mask __attribute__((vector_size(64), aligned(4)));
enum { LANES = 16 };

typedef struct {
  const ck_reduction *plan;
  const float *x;
  float *results;
  size_t kept, reduced, chunks;
} reduce_job;

static inline ptrdiff_t offset(size_t rank, const size_t *count, const ptrdiff_t *stride, size_t index) {
  if (rank == 1) return (ptrdiff_t)index * stride[0];
  ptrdiff_t result = 0;
  for (size_t axis = rank; axis-- > 0;) {
    result += (ptrdiff_t)(index % count[axis]) * stride[axis];
    index /= count[axis];
  }
  return result;
}

#define SELECT(mask, a, b) ((lanes)(((mask) & (lane_mask)(a)) | (~(mask) & (lane_mask)(b))))
#define SUM_LANES(acc, v) ((acc) + (v))
#define SUM_SCALAR(acc, v) ((acc) + (v))
#define SQUARE_LANES(acc, v) ((acc) + (v) * (v))
#define SQUARE_SCALAR(acc, v) ((acc) + (v) * (v))
#define MAX_LANES(acc, v) SELECT((lane_mask)((v) > (acc)) | (lane_mask)((v) != (v)), v, acc)
#define MAX_SCALAR(acc, v) ((v) > (acc) || (v) != (v) ? (v) : (acc))
#define MIN_LANES(acc, v) SELECT((lane_mask)((v) < (acc)) | (lane_mask)((v) != (v)), v, acc)
#define MIN_SCALAR(acc, v) ((v) < (acc) || (v) != (v) ? (v) : (acc))

// STEP takes in inputs, JOIN takes in results; WIDE is the type that many results are joined in.
#define CK_REDUCE(name, STEP, JOIN, START, WIDE, finish)                                                        \
  static inline __attribute__((always_inline)) float name##_run(const float *x, size_t count) {                 \
    lanes low, high;                                                                                            \
    for (int i = 0; i < LANES; i++) low[i] = START, high[i] = START;                                            \
    size_t i = 0;                                                                                               \
    for (; i + 2 * LANES <= count; i += 2 * LANES) {                                                            \
      const lanes v = *(const lanes *)(x + i), w = *(const lanes *)(x + i + LANES);                             \
      low = STEP##_LANES(low, v);                                                                               \
      high = STEP##_LANES(high, w);                                                                             \
    }                                                                                                           \
    low = JOIN##_LANES(low, high);                                                                              \
    float total = START;                                                                                        \
    for (; i < count; i++) total = STEP##_SCALAR(total, x[i]);                                                  \
    for (int k = 0; k < LANES; k++) total = JOIN##_SCALAR(total, low[k]);                                       \
    return total;                                                                                               \
  }                                                                                                             \
  static CK_SIMD void name##_inner(void *pointer, size_t begin, size_t end) {                                   \
    const reduce_job *job = pointer;                                                                            \
    const ck_reduction *plan = job->plan;                                                                       \
    const size_t length = plan->reduced[plan->reduced_rank - 1];                                                \
    for (size_t unit = begin; unit < end; unit++) {                                                             \
      size_t part = unit / job->kept, kept = unit % job->kept;                                                  \
      size_t first = job->reduced * part / plan->parts, last = job->reduced * (part + 1) / plan->parts;         \
      const float *base = job->x + offset(plan->kept_rank, plan->kept, plan->kept_stride, kept);                \
      WIDE total = START;                                                                                       \
      while (first < last) {                                                                                    \
        size_t here = length - first % length;                                                                  \
        if (here > last - first) here = last - first;                                                           \
        if (here > SHORT_SUM) here = SHORT_SUM;                                                                 \
        float value = name##_run(base + offset(plan->reduced_rank, plan->reduced, plan->reduced_stride, first), here); \
        total = JOIN##_SCALAR(total, (WIDE)value);                                                              \
        first += here;                                                                                          \
      }                                                                                                         \
      job->results[unit] = (float)total;                                                                        \
    }                                                                                                           \
  }                                                                                                             \
  static CK_SIMD void name##_rows(void *pointer, size_t begin, size_t end) {                                    \
    const reduce_job *job = pointer;                                                                            \
    const ck_reduction *plan = job->plan;                                                                       \
    const size_t width = plan->kept[plan->kept_rank - 1], units = job->kept / width * job->chunks;              \
    for (size_t unit = begin; unit < end; unit++) {                                                             \
      size_t part = unit / units, outer = unit % units / job->chunks, at = unit % job->chunks * CHUNK;          \
      size_t columns = width - at < CHUNK ? width - at : CHUNK;                                                 \
      size_t row = job->reduced * part / plan->parts, last = job->reduced * (part + 1) / plan->parts;           \
      const float *base = job->x + offset(plan->kept_rank, plan->kept, plan->kept_stride, outer * width) + at;  \
      float *result = job->results + part * job->kept + outer * width + at;                                     \
      float sum[CHUNK];                                                                                         \
      for (size_t i = 0; i < columns; i++) result[i] = START;                                                   \
      while (row < last) {                                                                                      \
        size_t stop = last - row < SHORT_ROWS ? last : row + SHORT_ROWS;                                        \
        for (size_t i = 0; i < columns; i++) sum[i] = START;                                                    \
        for (; row < stop; row++) {                                                                             \
          const float *v = base + offset(plan->reduced_rank, plan->reduced, plan->reduced_stride, row);         \
          if (columns == CHUNK) {                                                                               \
            CK_VECTORIZE for (size_t i = 0; i < CHUNK; i++) sum[i] = STEP##_SCALAR(sum[i], v[i]);               \
          } else {                                                                                              \
            CK_VECTORIZE for (size_t i = 0; i < columns; i++) sum[i] = STEP##_SCALAR(sum[i], v[i]);             \
          }                                                                                                     \
        }                                                                                                       \
        for (size_t i = 0; i < columns; i++) result[i] = JOIN##_SCALAR(result[i], sum[i]);                      \
      }                                                                                                         \
    }                                                                                                           \
  }                                                                                                             \
  void name(const ck_reduction *plan, const float *x, float *y, float *workspace) {                             \
    reduce_job job = {plan, x, plan->parts > 1 ? workspace : y, 1, 1, 1};                                       \
    for (size_t i = 0; i < plan->kept_rank; i++) job.kept *= plan->kept[i];                                     \
    for (size_t i = 0; i < plan->reduced_rank; i++) job.reduced *= plan->reduced[i];                            \
    if (job.kept == 0) return;                                                                                  \
    const size_t share = job.reduced / plan->parts + 1;                                                         \
    if (plan->reduced_stride[plan->reduced_rank - 1] == 1) {                                                    \
      ck_parallel_for(plan->parts * job.kept, CK_GRAIN / share + 1, name##_inner, &job);                        \
    } else {                                                                                                    \
      const size_t width = plan->kept[plan->kept_rank - 1];                                                     \
      job.chunks = (width + CHUNK - 1) / CHUNK;                                                                 \
      const size_t cost = share * (width < CHUNK ? width : CHUNK);                                              \
      ck_parallel_for(plan->parts * (job.kept / width) * job.chunks, CK_GRAIN / cost + 1, name##_rows, &job);   \
    }                                                                                                           \
    const float reduced = (float)job.reduced;                                                                   \
    (void)reduced;                                                                                              \
    for (size_t k = 0; k < job.kept; k++) {                                                                     \
      WIDE total = job.results[k];                                                                              \
      for (size_t part = 1; part < plan->parts; part++) total = JOIN##_SCALAR(total, (WIDE)job.results[part * job.kept + k]); \
      y[k] = (float)(finish);                                                                                   \
    }                                                                                                           \
  }

CK_REDUCE(ck_reduce_sum, SUM, SUM, 0.0f, double, total)
CK_REDUCE(ck_reduce_mean, SUM, SUM, 0.0f, double, total / reduced)
CK_REDUCE(ck_reduce_l2, SQUARE, SUM, 0.0f, double, sqrt(total))
CK_REDUCE(ck_reduce_max, MAX, MAX, -INFINITY, float, total)
CK_REDUCE(ck_reduce_min, MIN, MIN, INFINITY, float, total)
