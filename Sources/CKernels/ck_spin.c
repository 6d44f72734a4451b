#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include "ck_spin.h"

// Turns of libgomp's waiting loop: longer than the gap between two parallel regions, far shorter than the time slice
// that the last thread of a team loses when the others spin on the core that it needs.
static const char spin_count[] = "10000";

void ck_limit_spinning(char *const *arguments) {
  if (getenv("GOMP_SPINCOUNT") || getenv("OMP_WAIT_POLICY")) return;
  // By its path and not as /proc/self/exe, after which the process would be called.
  char path[4096];
  ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0 || (size_t)length >= sizeof path) return;
  path[length] = 0;
  // The variable is also what ends this: without it the next program would start itself again.
  if (setenv("GOMP_SPINCOUNT", spin_count, 1) != 0) return;
  execv(path, arguments);
  unsetenv("GOMP_SPINCOUNT");
}
