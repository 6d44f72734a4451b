#ifndef CK_BF16_H
#define CK_BF16_H

// bfloat16: conversions, and whether the CPU multiplies in it.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Whether this CPU has AVX512-BF16.
bool ck_bf16_available(void);

// Conversions of `count` elements; to nearest, ties to even, NaN stays NaN.
void ck_bf16_from_float(const float *x, uint16_t *y, size_t count);
void ck_bf16_to_float(const uint16_t *x, float *y, size_t count);

#ifdef __cplusplus
}
#endif

#endif
