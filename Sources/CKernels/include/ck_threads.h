#ifndef CK_THREADS_H
#define CK_THREADS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// Sets the size of the calling thread's OpenMP team, which oneDNN and every kernel here use.
void ck_set_threads(int count);
int ck_get_threads(void);

// The cores that the calling thread may run on, in order, at most `capacity`; returns how many there are.
size_t ck_allowed_cores(int *cores, size_t capacity);
// Keeps the calling thread, and threads that it starts later, on these cores; does nothing where the system refuses.
void ck_pin_thread(const int *cores, size_t count);

// Memory for `bytes` bytes on large pages where the system has them, NULL when there is none; given back by ck_give_back.
void *ck_large_pages(size_t bytes);
void ck_give_back(void *memory, size_t bytes);
// Tells the system that these bytes of a mapped file are not needed soon; they are read again from it when they are.
void ck_forget_mapped(const void *memory, size_t bytes);

// Runs body(context, begin, end) over a partition of 0..<count into contiguous ranges, one per thread of the calling
// thread's team, the same partition every time. Ranges start at multiples of `grain` (>= 1).
void ck_parallel_for(size_t count, size_t grain, void (*body)(void *context, size_t begin, size_t end), void *context);

#ifdef __cplusplus
}
#endif

#endif
