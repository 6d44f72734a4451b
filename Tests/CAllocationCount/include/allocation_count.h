// Counts the heap allocations of a program that is linked with it: the functions of the C library are replaced by ones that
// count and then call the library's own.
#ifndef ALLOCATION_COUNT_H
#define ALLOCATION_COUNT_H

#include <stddef.h>

// By the code that asked: oneDNN's library, OpenMP's, and everything else.
typedef struct allocation_counts {
  size_t onednn;
  size_t openmp;
  size_t other;
} allocation_counts;

// 0 where counting is impossible, because a sanitizer has replaced the functions already.
int allocation_count_works(void);

// Counts from zero, in every thread, until `allocation_count_end`.
void allocation_count_begin(void);
allocation_counts allocation_count_end(void);

// Writes the stacks of the last allocations of other code (at most 16) to standard error.
void allocation_count_print(void);

#endif
