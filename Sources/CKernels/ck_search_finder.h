#ifndef CK_SEARCH_FINDER_H
#define CK_SEARCH_FINDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A row that may be among the nearest: its similarity to the query is at most `upper`.
typedef struct {
  float upper;
  uint32_t row;
} ck_candidate;

// One thread's candidates for one query.
typedef struct {
  const uint64_t *allowed;
  // A heap, smallest first, of the `k` largest lower bounds.
  size_t k, held;
  float *bounds;
  // Rows whose upper bound is below this are not among the k nearest: the heap's smallest, -infinity until it is full.
  float floor;
  ck_candidate *candidates;
  size_t count, capacity;
  // A list could not grow.
  bool failed;
} ck_finder;

// Takes a row whose similarity lies in lower...upper and whose upper bound reaches the floor.
void ck_finder_offer(ck_finder *finder, size_t row, float lower, float upper);

// Adds one bound to the heap.
void ck_finder_bound(ck_finder *finder, float lower);

// Drops the candidates that `floor` has overtaken; the others keep their order.
void ck_finder_drop(ck_finder *finder, float floor);

#endif
