#include "ck_status.h"

#include <stdio.h>

static _Thread_local char last_error[512];

const char *ck_last_error(void) { return last_error; }

ck_status ck_fail(ck_status status, const char *message) {
  snprintf(last_error, sizeof last_error, "%s", message);
  return status;
}
