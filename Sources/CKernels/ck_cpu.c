#include "ck_cpu.h"

static _Thread_local int limit = 4;

int ck_cpu_level(void) {
  int allowed = limit;
  if (allowed >= 4 && __builtin_cpu_supports("x86-64-v4")) return 4;
  return allowed >= 3 && __builtin_cpu_supports("x86-64-v3") ? 3 : 1;
}

void ck_limit_cpu_level(int level) { limit = level; }
