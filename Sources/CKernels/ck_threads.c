#define _GNU_SOURCE
#include <sched.h>
#include <sys/mman.h>

#include "ck_threads.h"

// libgomp's entry points: clang generates no calls to them, but they are plain C symbols.
extern void GOMP_parallel(void (*body)(void *), void *context, unsigned threads, unsigned flags);
extern int omp_get_thread_num(void);
extern int omp_get_num_threads(void);
extern int omp_get_max_threads(void);
extern int omp_in_parallel(void);
extern void omp_set_num_threads(int);

void ck_set_threads(int count) { omp_set_num_threads(count < 1 ? 1 : count); }

int ck_get_threads(void) { return omp_get_max_threads(); }

typedef struct {
  size_t count, grain;
  void (*body)(void *, size_t, size_t);
  void *context;
} job;

static void run_share(void *pointer) {
  const job *j = pointer;
  size_t blocks = (j->count + j->grain - 1) / j->grain;
  size_t threads = (size_t)omp_get_num_threads(), thread = (size_t)omp_get_thread_num();
  size_t begin = blocks * thread / threads * j->grain, end = blocks * (thread + 1) / threads * j->grain;
  if (end > j->count) end = j->count;
  if (begin < end) j->body(j->context, begin, end);
}

void ck_parallel_for(size_t count, size_t grain, void (*body)(void *, size_t, size_t), void *context) {
  if (count == 0) return;
  if (grain == 0) grain = 1;
  if (count <= grain || omp_get_max_threads() == 1 || omp_in_parallel()) {
    body(context, 0, count);
    return;
  }
  job j = {count, grain, body, context};
  GOMP_parallel(run_share, &j, 0, 0);
}

size_t ck_allowed_cores(int *cores, size_t capacity) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 0;
  size_t count = 0;
  for (int core = 0; core < CPU_SETSIZE; core++) {
    if (!CPU_ISSET(core, &set)) continue;
    if (count < capacity) cores[count] = core;
    count++;
  }
  return count;
}

void ck_pin_thread(const int *cores, size_t count) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (size_t i = 0; i < count; i++)
    if (cores[i] >= 0 && cores[i] < CPU_SETSIZE) CPU_SET(cores[i], &set);
  sched_setaffinity(0, sizeof set, &set);
}

void *ck_large_pages(size_t bytes) {
  void *memory = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 0;
  madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

void ck_give_back(void *memory, size_t bytes) { munmap(memory, bytes); }

void ck_forget_mapped(const void *memory, size_t bytes) {
  size_t page = 4096, begin = ((size_t)memory + page - 1) / page * page, end = ((size_t)memory + bytes) / page * page;
  if (end > begin) madvise((void *)begin, end - begin, MADV_DONTNEED);
}
