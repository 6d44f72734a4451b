#ifndef CIMAGING_INTERNAL_H
#define CIMAGING_INTERNAL_H

#include "CImaging.h"

// Loops compiled for several instruction sets and chosen when the program starts. All of them compute the same
// integers and, with contraction off, the same floats.
#if defined(__x86_64__) && defined(__linux__)
#define CI_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define CI_CLONES
#endif

/// Stores a printf-style text and returns `status`.
ci_status ci_fail(ci_error *error, ci_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/// Width and height at least 1, sides at most 65,535, area within the limit.
ci_status ci_check_size(uint64_t width, uint64_t height, const ci_limits *limits, ci_error *error);

static inline uint8_t ci_clip(int value) {
    return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value;
}

#endif
