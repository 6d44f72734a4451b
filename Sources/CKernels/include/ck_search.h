#ifndef CK_SEARCH_H
#define CK_SEARCH_H

#include <stddef.h>
#include <stdint.h>

#include "ck_status.h"

#ifdef __cplusplus
extern "C" {
#endif

// The nearest of many vectors of length 1, exactly.
//
// A first pass over all rows bounds each one's similarity to the query from both sides; rows whose upper bound is below the
// k-th largest lower bound cannot be among the k nearest. What is left is compared in double precision, in an order of
// summation that is the same for every CPU, number of threads and number of queries: so are the results.

// `count` rows (fewer than 2^32) of `dimension` elements (1...CK_SEARCH_MAX_DIMENSION), each of length 1 to within 2^-20,
// and their codes: the row is steps[i] * codes[i] plus a remainder whose length is at most errors[i].
typedef struct ck_vectors {
  size_t count, dimension;
  // Floats from one row to the next and bytes from one code to the next: what the functions below return.
  size_t row_stride, code_stride;
  const float *rows;
  const int8_t *codes;
  const float *steps, *errors;
} ck_vectors;

enum { CK_SEARCH_MAX_DIMENSION = 65536 };

size_t ck_vectors_row_stride(size_t dimension);
size_t ck_vectors_code_stride(size_t dimension);

// Fills codes, steps and errors of `vectors` from its rows.
void ck_vectors_encode(const ck_vectors *vectors, int8_t *codes, float *steps, float *errors);

// What the first pass reads. Both lead to the same results.
typedef enum ck_search_pass {
  // The faster one for this number of queries.
  CK_SEARCH_AUTOMATIC = 0,
  // The codes: a quarter of the memory traffic, bounds of about 1e-2.
  CK_SEARCH_CODES = 1,
  // The rows, by a matrix product: bounds of about 1e-5.
  CK_SEARCH_ROWS = 2,
} ck_search_pass;

// For each of `query_count` dense queries [query_count, dimension] of length 1: the `k` rows (1...count) of the smallest
// Euclidean distance, nearest first, rows of equal distance in their order. rows and squared_distances are [query_count, k];
// found [query_count] tells how many there are, fewer than k only when fewer rows are allowed. allowed[q] is NULL, or has bit
// i % 64 of word i / 64 set for every row i that may be found; `allowed` itself may be NULL.
ck_status ck_search(
    const ck_vectors *vectors, const float *queries, size_t query_count, size_t k, const uint64_t *const *allowed,
    ck_search_pass pass, uint32_t *rows, double *squared_distances, size_t *found);

#ifdef __cplusplus
}
#endif

#endif
