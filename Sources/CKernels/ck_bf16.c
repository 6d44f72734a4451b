#include "ck_bf16.h"

#include "ck_bf16_tile.h"
#include "ck_cpu.h"

bool ck_bf16_available(void) {
#if defined(__x86_64__)
  return ck_cpu_level() >= 4 && __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"))) void ck_bf16_from_float(
    const float *x, uint16_t *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = ck_bf16_rounded(x[i]);
}

__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"))) void ck_bf16_to_float(
    const uint16_t *x, float *y, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = ck_bf16_value(x[i]);
}
