#include "ck_cpu.h"

static int limit = 4;

int ck_cpu_level(void) {
  int allowed = __atomic_load_n(&limit, __ATOMIC_RELAXED);
  if (allowed >= 4 && __builtin_cpu_supports("x86-64-v4")) return 4;
  return allowed >= 3 && __builtin_cpu_supports("x86-64-v3") ? 3 : 1;
}

void ck_limit_cpu_level(int level) { __atomic_store_n(&limit, level, __ATOMIC_RELAXED); }
