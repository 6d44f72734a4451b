#define _GNU_SOURCE
#include "allocation_count.h"

#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

enum { MOST_FRAMES = 24, MOST_STACKS = 16, MOST_LIBRARIES = 8 };
enum owner { ONEDNN, OPENMP, OTHER, OWNERS };

// Where a library's code lies; of libraries without an owner of their own the caller counts.
struct range {
  uintptr_t begin, end;
  enum owner owner;
  int is_passed_over;
};

static struct range ranges[MOST_LIBRARIES];
static size_t range_count;
static atomic_int is_counting;
static atomic_size_t counts[OWNERS];
static void *stacks[MOST_STACKS][MOST_FRAMES];
static int depths[MOST_STACKS];
static _Thread_local int is_inside;

static int add_library(struct dl_phdr_info *info, size_t size, void *unused) {
  (void)size, (void)unused;
  struct range range = {0, 0, OTHER, 0};
  if (strstr(info->dlpi_name, "libdnnl")) {
    range.owner = ONEDNN;
  } else if (strstr(info->dlpi_name, "libgomp")) {
    range.owner = OPENMP;
  } else if (strstr(info->dlpi_name, "libstdc++") || strstr(info->dlpi_name, "/libc.so")) {
    range.is_passed_over = 1;
  } else {
    return 0;
  }
  for (int i = 0; i < info->dlpi_phnum; i++) {
    if (info->dlpi_phdr[i].p_type != PT_LOAD || !(info->dlpi_phdr[i].p_flags & PF_X)) continue;
    range.begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
    range.end = range.begin + info->dlpi_phdr[i].p_memsz;
    if (range_count < MOST_LIBRARIES) ranges[range_count++] = range;
  }
  return 0;
}

static const struct range *range_of(const void *address) {
  for (size_t i = 0; i < range_count; i++)
    if ((uintptr_t)address >= ranges[i].begin && (uintptr_t)address < ranges[i].end) return &ranges[i];
  return NULL;
}

static enum owner owner_of(void *const *frames, int count, const void *caller) {
  int first = 0;
  while (first < count && frames[first] != caller) first++;
  for (int i = first; i < count; i++) {
    const struct range *range = range_of(frames[i]);
    if (!range) return OTHER;
    if (!range->is_passed_over) return range->owner;
  }
  return OTHER;
}

static void note(const void *caller) {
  if (!atomic_load_explicit(&is_counting, memory_order_relaxed) || is_inside) return;
  is_inside = 1;
  void *frames[MOST_FRAMES];
  const int count = backtrace(frames, MOST_FRAMES);
  const enum owner owner = owner_of(frames, count, caller);
  const size_t number = atomic_fetch_add(&counts[owner], 1);
  if (owner == OTHER) {
    memcpy(stacks[number % MOST_STACKS], frames, sizeof frames);
    depths[number % MOST_STACKS] = count;
  }
  is_inside = 0;
}

void allocation_count_begin(void) {
  void *frames[2];
  // Its first call loads a library.
  backtrace(frames, 2);
  range_count = 0;
  dl_iterate_phdr(add_library, NULL);
  for (int i = 0; i < OWNERS; i++) atomic_store(&counts[i], 0);
  atomic_store(&is_counting, 1);
}

allocation_counts allocation_count_end(void) {
  atomic_store(&is_counting, 0);
  return (allocation_counts){counts[ONEDNN], counts[OPENMP], counts[OTHER]};
}

void allocation_count_print(void) {
  const size_t stored = counts[OTHER] < MOST_STACKS ? counts[OTHER] : MOST_STACKS;
  for (size_t i = 0; i < stored; i++) {
    backtrace_symbols_fd(stacks[i], depths[i], 2);
    if (write(2, "\n", 1) < 0) return;
  }
}

#ifdef IS_SANITIZED

int allocation_count_works(void) { return 0; }

#else

int allocation_count_works(void) { return 1; }

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
  note(__builtin_return_address(0));
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  note(__builtin_return_address(0));
  return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
  note(__builtin_return_address(0));
  return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
  note(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  note(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  note(__builtin_return_address(0));
  void *memory = __libc_memalign(alignment, size);
  if (!memory) return ENOMEM;
  *result = memory;
  return 0;
}

#endif
