#include "ck_search_finder.h"

#include <stdlib.h>

static void sift_down(float *heap, size_t count, float value) {
  size_t at = 0;
  for (size_t child = 1; child < count; child = 2 * at + 1) {
    if (child + 1 < count && heap[child + 1] < heap[child]) child++;
    if (heap[child] >= value) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = value;
}

void ck_finder_bound(ck_finder *f, float lower) {
  if (f->held == f->k) {
    if (lower <= f->floor) return;
    sift_down(f->bounds, f->k, lower);
    f->floor = f->bounds[0];
    return;
  }
  size_t at = f->held++;
  for (; at > 0 && f->bounds[(at - 1) / 2] > lower; at = (at - 1) / 2) f->bounds[at] = f->bounds[(at - 1) / 2];
  f->bounds[at] = lower;
  if (f->held == f->k) f->floor = f->bounds[0];
}

void ck_finder_drop(ck_finder *f, float floor) {
  size_t kept = 0;
  for (size_t i = 0; i < f->count; i++)
    if (f->candidates[i].upper >= floor) f->candidates[kept++] = f->candidates[i];
  f->count = kept;
}

// A list that is still half full without what the floor has overtaken is doubled.
static bool make_room(ck_finder *f) {
  ck_finder_drop(f, f->floor);
  if (f->count < f->capacity / 2) return true;
  size_t capacity = f->capacity ? f->capacity * 2 : 256;
  ck_candidate *grown = realloc(f->candidates, capacity * sizeof *grown);
  if (!grown) return false;
  f->candidates = grown;
  f->capacity = capacity;
  return true;
}

void ck_finder_offer(ck_finder *f, size_t row, float lower, float upper) {
  if (f->allowed && !(f->allowed[row / 64] >> (row % 64) & 1)) return;
  if (f->count == f->capacity && !make_room(f)) {
    f->failed = true;
    return;
  }
  f->candidates[f->count++] = (ck_candidate){upper, (uint32_t)row};
  ck_finder_bound(f, lower);
}
