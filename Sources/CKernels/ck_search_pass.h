#ifndef CK_SEARCH_PASS_H
#define CK_SEARCH_PASS_H

#include "ck_search.h"
#include "ck_search_finder.h"

// The first pass: bounds of every row's similarity to every query.

// Covers what the bounds leave out: rows and queries are of length 1 only to within 2^-20, which moves the similarity that a
// distance stands for by less than 2^-19, and a bound is computed in float32 with a handful of roundings of 2^-24.
#define CK_SEARCH_SLACK 0x1p-18f

// Queries in groups that stay in the second-level cache, side by side in panels of 16: [panel][dimension][16].
enum { CK_SEARCH_PANEL = 16 };

typedef struct {
  size_t dimension, count;
  // Panels, rounded up to an even number; zeros after the last query.
  float *panels;
  // The similarity that a panel's product gives is within `margin` of the true one.
  float margin;
} ck_row_queries;

// Queries as 16-bit integers, as large as the sum of a row's products allows: query = step * code + remainder.
typedef struct {
  size_t count, stride;
  int16_t *codes;
  // [count]: the step, and the length of the remainder.
  float *steps, *errors;
} ck_code_queries;

ck_status ck_row_queries_create(ck_row_queries *queries, const float *from, size_t count, size_t dimension);
ck_status ck_code_queries_create(
    ck_code_queries *queries, const float *from, size_t count, size_t dimension, size_t stride);
void ck_row_queries_destroy(ck_row_queries *queries);
void ck_code_queries_destroy(ck_code_queries *queries);

// Offers the rows begin..<end to the finders, one for each query.
void ck_search_rows(
    const ck_vectors *vectors, const ck_row_queries *queries, ck_finder *finders, size_t begin, size_t end);
void ck_search_codes(
    const ck_vectors *vectors, const ck_code_queries *queries, ck_finder *finders, size_t begin, size_t end);

#endif
