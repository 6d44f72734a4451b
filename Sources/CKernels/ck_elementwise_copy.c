#include <string.h>

#include "ck_elementwise.h"
#include "ck_elementwise_math.h"
#include "ck_threads.h"

// A transposition goes in strips of STRIP rows of the result, and inside in squares of BLOCK, whole cache lines on both
// sides. A strip uses neighbouring lines of every source row, so that each page is visited seldom.
enum { BLOCK = 16, STRIP = 64 };

typedef uint32_t octet __attribute__((vector_size(32), aligned(4)));

// 8 x 8 elements of 4 bytes: pairs, fours and halves change places.
CK_INLINE void transpose_octets(const uint32_t *s, ptrdiff_t ss, uint32_t *d, ptrdiff_t ds) {
  octet r[8], t[8];
  for (int i = 0; i < 8; i++) r[i] = *(const octet *)(s + i * ss);
  for (int i = 0; i < 8; i += 2) {
    t[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    t[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int i = 0; i < 8; i += 4) {
    for (int k = 0; k < 2; k++) {
      r[i + k] = __builtin_shufflevector(t[i + k], t[i + k + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      r[i + k + 2] = __builtin_shufflevector(t[i + k], t[i + k + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  for (int k = 0; k < 4; k++) {
    *(octet *)(d + k * ds) = __builtin_shufflevector(r[k], r[k + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    *(octet *)(d + (k + 4) * ds) = __builtin_shufflevector(r[k], r[k + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

CK_INLINE void square_uint32_t(const uint32_t *s, ptrdiff_t ss, uint32_t *d, ptrdiff_t ds) {
  for (int i = 0; i < BLOCK; i += 8)
    for (int j = 0; j < BLOCK; j += 8) transpose_octets(s + j * ss + i, ss, d + i * ds + j, ds);
}

#define CK_SQUARE(T)                                                                       \
  CK_INLINE void square_##T(const T *s, ptrdiff_t ss, T *d, ptrdiff_t ds) {                \
    T tile[BLOCK][BLOCK];                                                                  \
    for (int j = 0; j < BLOCK; j++)                                                        \
      for (int i = 0; i < BLOCK; i++) tile[i][j] = s[j * ss + i];                          \
    for (int i = 0; i < BLOCK; i++) memcpy(d + i * ds, tile[i], sizeof tile[i]);           \
  }

CK_SQUARE(uint8_t)
CK_SQUARE(uint16_t)
CK_SQUARE(uint64_t)

typedef struct {
  const ck_layout_copy *plan;
  const char *source;
  char *destination;
  // The axis along which the source is dense when the last is not (a transposition), or rank.
  size_t across;
  size_t outer;
} copy_job;

#define CK_COPY_ROW(T)                                                                                                  \
  static void row_##T(size_t count, const T *source, ptrdiff_t ss, T *destination, ptrdiff_t ds) {                       \
    if (ss == 0 && ds == 1) {                                                                                           \
      const T value = *source;                                                                                          \
      for (size_t i = 0; i < count; i++) destination[i] = value;                                                        \
    } else {                                                                                                            \
      for (size_t i = 0; i < count; i++) destination[(ptrdiff_t)i * ds] = source[(ptrdiff_t)i * ss];                    \
    }                                                                                                                   \
  }                                                                                                                     \
  /* destination[i * ds + j] = source[j * ss + i], square by square */                                                   \
  static CK_SIMD void transpose_##T(size_t rows, size_t columns, const T *source, ptrdiff_t ss, T *destination,         \
                                    ptrdiff_t ds) {                                                                     \
    for (size_t c = 0; c < columns; c += BLOCK) {                                                                       \
      size_t width = columns - c < BLOCK ? columns - c : BLOCK;                                                         \
      for (size_t r = 0; r < rows; r += BLOCK) {                                                                        \
        size_t height = rows - r < BLOCK ? rows - r : BLOCK;                                                            \
        const T *s = source + (ptrdiff_t)c * ss + (ptrdiff_t)r;                                                         \
        T *d = destination + (ptrdiff_t)r * ds + (ptrdiff_t)c;                                                          \
        if (height == BLOCK && width == BLOCK) {                                                                        \
          square_##T(s, ss, d, ds);                                                                                     \
          continue;                                                                                                     \
        }                                                                                                               \
        for (ptrdiff_t i = 0; i < (ptrdiff_t)height; i++)                                                               \
          for (ptrdiff_t j = 0; j < (ptrdiff_t)width; j++) d[i * ds + j] = s[j * ss + i];                               \
      }                                                                                                                 \
    }                                                                                                                   \
  }

CK_COPY_ROW(uint8_t)
CK_COPY_ROW(uint16_t)
CK_COPY_ROW(uint32_t)
CK_COPY_ROW(uint64_t)

// Byte offsets of the outer index `index` over every axis but the last and `across`.
static void offsets(const copy_job *job, size_t index, ptrdiff_t *source, ptrdiff_t *destination) {
  const ck_layout_copy *plan = job->plan;
  *source = *destination = 0;
  for (size_t axis = plan->rank - 1; axis-- > 0;) {
    if (axis == job->across) continue;
    ptrdiff_t position = (ptrdiff_t)(index % plan->count[axis]);
    index /= plan->count[axis];
    *source += position * plan->source[axis] * (ptrdiff_t)plan->element;
    *destination += position * plan->destination[axis] * (ptrdiff_t)plan->element;
  }
}

static void copy_rows(void *pointer, size_t begin, size_t end) {
  const copy_job *job = pointer;
  const ck_layout_copy *plan = job->plan;
  size_t last = plan->rank - 1, count = plan->count[last];
  ptrdiff_t ss = plan->source[last], ds = plan->destination[last];
  for (size_t row = begin; row < end; row++) {
    ptrdiff_t from, to;
    offsets(job, row, &from, &to);
    const void *s = job->source + from;
    void *d = job->destination + to;
    if (ss == 1 && ds == 1) {
      memcpy(d, s, count * plan->element);
      continue;
    }
    switch (plan->element) {
      case 1: row_uint8_t(count, s, ss, d, ds); break;
      case 2: row_uint16_t(count, s, ss, d, ds); break;
      case 4: row_uint32_t(count, s, ss, d, ds); break;
      default: row_uint64_t(count, s, ss, d, ds); break;
    }
  }
}

// Every index is one strip of a transposed plane: STRIP rows of it (along `across`).
static void copy_planes(void *pointer, size_t begin, size_t end) {
  const copy_job *job = pointer;
  const ck_layout_copy *plan = job->plan;
  size_t last = plan->rank - 1, rows = plan->count[job->across], columns = plan->count[last];
  size_t strips = (rows + STRIP - 1) / STRIP;
  ptrdiff_t ss = plan->source[last], ds = plan->destination[job->across];
  for (size_t index = begin; index < end; index++) {
    ptrdiff_t from, to;
    offsets(job, index / strips, &from, &to);
    size_t first = index % strips * STRIP, height = rows - first < STRIP ? rows - first : STRIP;
    const char *s = job->source + from + first * plan->element;
    char *d = job->destination + to + (ptrdiff_t)first * ds * (ptrdiff_t)plan->element;
    switch (plan->element) {
      case 1: transpose_uint8_t(height, columns, (const uint8_t *)s, ss, (uint8_t *)d, ds); break;
      case 2: transpose_uint16_t(height, columns, (const uint16_t *)s, ss, (uint16_t *)d, ds); break;
      case 4: transpose_uint32_t(height, columns, (const uint32_t *)s, ss, (uint32_t *)d, ds); break;
      default: transpose_uint64_t(height, columns, (const uint64_t *)s, ss, (uint64_t *)d, ds); break;
    }
  }
}

typedef struct {
  const char *source;
  char *destination;
} bytes_job;

static void copy_bytes(void *pointer, size_t begin, size_t end) {
  const bytes_job *job = pointer;
  memcpy(job->destination + begin, job->source + begin, end - begin);
}

void ck_copy(const ck_layout_copy *plan, const void *source, void *destination) {
  size_t last = plan->rank - 1, length = plan->count[last];
  copy_job job = {plan, source, destination, plan->rank, 1};
  if (plan->rank == 1 && plan->source[0] == 1 && plan->destination[0] == 1) {
    bytes_job bytes = {source, destination};
    ck_parallel_for(length * plan->element, 4 * CK_GRAIN, copy_bytes, &bytes);
    return;
  }
  if (plan->source[last] != 1 && plan->source[last] != 0 && plan->destination[last] == 1 && length > 1) {
    for (size_t axis = 0; axis < last; axis++)
      if (plan->source[axis] == 1 && plan->count[axis] > 1) job.across = axis;
  }
  for (size_t axis = 0; axis < last; axis++)
    if (axis != job.across) job.outer *= plan->count[axis];
  if (length == 0 || job.outer == 0) return;
  if (job.across == plan->rank) {
    ck_parallel_for(job.outer, CK_GRAIN / length + 1, copy_rows, &job);
  } else {
    size_t strips = (plan->count[job.across] + STRIP - 1) / STRIP;
    ck_parallel_for(job.outer * strips, CK_GRAIN / (length * STRIP) + 1, copy_planes, &job);
  }
}

void ck_fill(size_t count, size_t element, const void *value, void *destination) {
  if (count == 0) return;
  memcpy(destination, value, element);
  // Doubling: what is filled is copied behind itself.
  size_t total = count * element;
  for (size_t done = element; done < total;) {
    size_t more = done < total - done ? done : total - done;
    if (more > 65536) more = 65536 / element * element;
    memcpy((char *)destination + done, destination, more);
    done += more;
  }
}

typedef struct {
  size_t axis, size, count;
  const int64_t *indices;
  const char *source;
  char *destination;
} gather_job;

static void gather_rows(void *pointer, size_t begin, size_t end) {
  const gather_job *job = pointer;
  for (size_t row = begin; row < end; row++) {
    size_t from = row / job->count * job->axis + (size_t)job->indices[row % job->count];
    memcpy(job->destination + row * job->size, job->source + from * job->size, job->size);
  }
}

void ck_gather(size_t outer, size_t axis, size_t row_bytes, size_t index_count, const int64_t *indices, const void *source,
               void *destination) {
  if (row_bytes == 0) return;
  gather_job job = {axis, row_bytes, index_count, indices, source, destination};
  ck_parallel_for(outer * index_count, 4 * CK_GRAIN / row_bytes + 1, gather_rows, &job);
}

typedef struct {
  size_t outer, axis, inner, count;
  const int64_t *indices;
  const float *dy;
  float *dx;
} scatter_job;

// A range of columns of every row, so that no two threads add to one element.
static CK_SIMD void scatter_columns(void *pointer, size_t begin, size_t end) {
  const scatter_job *job = pointer;
  for (size_t row = 0; row < job->outer * job->count; row++) {
    size_t to = row / job->count * job->axis + (size_t)job->indices[row % job->count];
    const float *dy = job->dy + row * job->inner;
    float *dx = job->dx + to * job->inner;
    CK_VECTORIZE for (size_t i = begin; i < end; i++) dx[i] += dy[i];
  }
}

void ck_scatter_add(size_t outer, size_t axis, size_t inner, size_t index_count, const int64_t *indices, const float *dy,
                    float *dx) {
  memset(dx, 0, outer * axis * inner * sizeof *dx);
  scatter_job job = {outer, axis, inner, index_count, indices, dy, dx};
  size_t rows = outer * index_count;
  if (rows == 0) return;
  size_t grain = (CK_GRAIN / rows + 16) / 16 * 16;
  ck_parallel_for(inner, grain, scatter_columns, &job);
}
