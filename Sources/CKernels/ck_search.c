#include "ck_search.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ck_rows_simd.h"
#include "ck_search_pass.h"
#include "ck_threads.h"

// Up to MOST_CODE_QUERIES the codes are read, beyond it the rows. A thread compares at least COMPARE_GRAIN candidates. Up to
// MOST_SORTED candidates are compared best bound first, more in the order in which they lie in memory.
enum { MOST_CODE_QUERIES = 12, COMPARE_GRAIN = 256, MOST_SORTED = 4096 };

// A row stride that is no multiple of 512 bytes: rows of a tile would all lie in the same lines of the first-level cache.
size_t ck_vectors_row_stride(size_t dimension) {
  size_t stride = (dimension + 15) / 16 * 16;
  return stride % 128 == 0 ? stride + 16 : stride;
}

// The square of the Euclidean distance. Sixteen partial sums and no fused multiply-add: the same bits on every CPU.
CK_INLINE double squared_distance(const float *a, const float *b, size_t count) {
#pragma clang fp contract(off)
  double lanes[16] = {0};
  size_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (size_t l = 0; l < 16; l++) {
      double d = (double)a[i + l] - (double)b[i + l];
      lanes[l] = lanes[l] + d * d;
    }
  for (size_t l = 0; i + l < count; l++) {
    double d = (double)a[i + l] - (double)b[i + l];
    lanes[l] = lanes[l] + d * d;
  }
  for (size_t width = 8; width > 0; width /= 2)
    for (size_t l = 0; l < width; l++) lanes[l] = lanes[l] + lanes[l + width];
  return lanes[0];
}

typedef struct {
  double square;
  uint32_t row;
} neighbour;

typedef struct {
  const ck_vectors *vectors;
  const float *query;
  const ck_candidate *candidates;
  neighbour *neighbours;
} compare_job;

CK_CLONES static void compare(void *context, size_t begin, size_t end) {
  const compare_job *j = context;
  const ck_vectors *v = j->vectors;
  for (size_t i = begin; i < end; i++) {
    uint32_t row = j->candidates[i].row;
    j->neighbours[i] = (neighbour){squared_distance(j->query, v->rows + row * v->row_stride, v->dimension), row};
  }
}

static int by_upper_bound(const void *left, const void *right) {
  const ck_candidate *a = left, *b = right;
  return (a->upper < b->upper) - (a->upper > b->upper);
}

static int by_distance(const void *left, const void *right) {
  const neighbour *a = left, *b = right;
  if (a->square != b->square) return a->square < b->square ? -1 : 1;
  return (a->row > b->row) - (a->row < b->row);
}

// The nearest of the candidates. `nearest` has room for k and all candidates. Returns how many there are.
static size_t compare_candidates(
    const ck_vectors *v, const float *query, size_t k, ck_candidate *candidates, size_t count, neighbour *nearest) {
  bool is_sorted = count <= MOST_SORTED;
  if (is_sorted) qsort(candidates, count, sizeof *candidates, by_upper_bound);
  size_t held = 0;
  for (size_t done = 0, chunk = k < 64 ? 64 : k; done < count; chunk *= 2) {
    double worst = held == k ? nearest[k - 1].square : INFINITY;
    // A distance d between vectors of length 1 is a similarity of 1 - d^2 / 2: the next bounds cannot reach the k-th nearest.
    if (is_sorted && candidates[done].upper < 1 - worst / 2) break;
    size_t some = count - done < chunk ? count - done : chunk, kept = held;
    compare_job j = {v, query, candidates + done, nearest + held};
    ck_parallel_for(some, COMPARE_GRAIN, compare, &j);
    for (size_t i = held; i < held + some; i++)
      if (nearest[i].square <= worst) nearest[kept++] = nearest[i];
    qsort(nearest, kept, sizeof *nearest, by_distance);
    held = kept < k ? kept : k;
    done += some;
  }
  return held;
}

// A search: finders [lanes, query_count], and where the results go.
typedef struct {
  const ck_vectors *vectors;
  const float *queries;
  size_t query_count, k, lanes;
  ck_finder *finders;
  const ck_row_queries *row_queries;
  const ck_code_queries *code_queries;
  // The next lane that a thread takes, and candidates of all queries.
  size_t next_lane, candidates;
  uint32_t *rows;
  double *squares;
  size_t *found;
  bool failed;
} search;

// A thread's share of the rows, with finders of its own.
static void scan_rows(void *context, size_t begin, size_t end) {
  search *s = context;
  ck_finder *finders = s->finders + __atomic_fetch_add(&s->next_lane, 1, __ATOMIC_RELAXED) * s->query_count;
  if (s->code_queries)
    ck_search_codes(s->vectors, s->code_queries, finders, begin, end);
  else
    ck_search_rows(s->vectors, s->row_queries, finders, begin, end);
}

// Brings the floors of all lanes together and drops what they have overtaken.
static void settle_queries(void *context, size_t begin, size_t end) {
  search *s = context;
  for (size_t query = begin; query < end; query++) {
    ck_finder *first = s->finders + query;
    for (size_t lane = 1; lane < s->lanes; lane++) {
      const ck_finder *f = first + lane * s->query_count;
      for (size_t i = 0; i < f->held; i++) ck_finder_bound(first, f->bounds[i]);
    }
    for (size_t lane = 0; lane < s->lanes; lane++) {
      ck_finder *f = first + lane * s->query_count;
      ck_finder_drop(f, first->floor);
      __atomic_fetch_add(&s->candidates, f->count, __ATOMIC_RELAXED);
      if (f->failed) __atomic_store_n(&s->failed, true, __ATOMIC_RELAXED);
    }
  }
}

// Looks at every row, by codes or by rows, and leaves the candidates in the finders.
static ck_status first_pass(search *s, bool by_codes) {
  const ck_vectors *v = s->vectors;
  ck_row_queries rows = {0};
  ck_code_queries codes = {0};
  ck_status status = by_codes ? ck_code_queries_create(&codes, s->queries, s->query_count, v->dimension, v->code_stride)
                              : ck_row_queries_create(&rows, s->queries, s->query_count, v->dimension);
  if (status == CK_OK) {
    s->row_queries = &rows;
    s->code_queries = by_codes ? &codes : NULL;
    s->next_lane = s->candidates = 0;
    for (size_t i = 0; i < s->lanes * s->query_count; i++) {
      s->finders[i].count = s->finders[i].held = 0;
      s->finders[i].floor = -INFINITY;
    }
    ck_parallel_for(v->count, 64, scan_rows, s);
    ck_parallel_for(s->query_count, 1, settle_queries, s);
    if (s->failed) status = ck_fail(CK_OUT_OF_MEMORY, "no memory for the candidates of a search");
  }
  ck_row_queries_destroy(&rows);
  ck_code_queries_destroy(&codes);
  return status;
}

// Compares a query's candidates; false when memory is short.
static bool finish_query(const search *s, size_t query) {
  size_t k = s->k, count = 0;
  for (size_t lane = 0; lane < s->lanes; lane++) count += s->finders[lane * s->query_count + query].count;
  ck_candidate *candidates = malloc((count + 1) * sizeof *candidates);
  neighbour *nearest = malloc((k + count) * sizeof *nearest);
  bool has_memory = candidates && nearest;
  if (has_memory) {
    ck_candidate *next = candidates;
    for (size_t lane = 0; lane < s->lanes; lane++) {
      const ck_finder *f = s->finders + lane * s->query_count + query;
      if (f->count > 0) memcpy(next, f->candidates, f->count * sizeof *next);
      next += f->count;
    }
    const float *from = s->queries + query * s->vectors->dimension;
    s->found[query] = compare_candidates(s->vectors, from, k, candidates, count, nearest);
    for (size_t i = 0; i < s->found[query]; i++) {
      s->rows[query * k + i] = nearest[i].row;
      s->squares[query * k + i] = nearest[i].square;
    }
  }
  free(candidates);
  free(nearest);
  return has_memory;
}

static void finish_queries(void *context, size_t begin, size_t end) {
  search *s = context;
  for (size_t query = begin; query < end; query++)
    if (!finish_query(s, query)) __atomic_store_n(&s->failed, true, __ATOMIC_RELAXED);
}

ck_status ck_search(
    const ck_vectors *v, const float *queries, size_t query_count, size_t k, const uint64_t *const *allowed,
    ck_search_pass pass, uint32_t *rows, double *squared_distances, size_t *found) {
  if (query_count == 0) return CK_OK;
  if (v->dimension == 0 || v->dimension > CK_SEARCH_MAX_DIMENSION || v->count > UINT32_MAX || k == 0 || k > v->count)
    return ck_fail(CK_UNSUPPORTED, "a search needs 1 to 65536 dimensions and 1 to as many neighbours as there are rows");
  search s = {.vectors = v, .queries = queries, .query_count = query_count, .k = k, .lanes = (size_t)ck_get_threads()};
  s.rows = rows;
  s.squares = squared_distances;
  s.found = found;
  size_t total = s.lanes * query_count;
  s.finders = calloc(total, sizeof *s.finders);
  float *bounds = malloc(total * k * sizeof *bounds);
  ck_status status = s.finders && bounds ? CK_OK : ck_fail(CK_OUT_OF_MEMORY, "no memory for a search");
  if (status == CK_OK) {
    for (size_t i = 0; i < total; i++)
      s.finders[i] = (ck_finder){.allowed = allowed ? allowed[i % query_count] : NULL, .k = k, .bounds = bounds + i * k};
    bool by_codes = pass == CK_SEARCH_CODES || (pass == CK_SEARCH_AUTOMATIC && query_count <= MOST_CODE_QUERIES);
    status = first_pass(&s, by_codes);
    // Vectors so close together that their codes tell little apart: a look at the rows for all queries at once costs less than
    // reading most of them for each.
    bool is_vague = by_codes && pass == CK_SEARCH_AUTOMATIC && s.candidates > 2 * v->count;
    if (status == CK_OK && is_vague) status = first_pass(&s, false);
  }
  if (status == CK_OK) {
    ck_parallel_for(query_count, 1, finish_queries, &s);
    if (s.failed) status = ck_fail(CK_OUT_OF_MEMORY, "no memory for the candidates of a search");
  }
  for (size_t i = 0; s.finders && i < total; i++) free(s.finders[i].candidates);
  free(s.finders);
  free(bounds);
  return status;
}
