#ifndef CK_STATUS_H
#define CK_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ck_status {
  CK_OK = 0,
  CK_UNSUPPORTED = 1,
  CK_OUT_OF_MEMORY = 2,
  CK_INTERNAL = 3,
} ck_status;

// The message of this thread's last status other than CK_OK; valid until the next call on this thread.
const char *ck_last_error(void);

// Stores the message and returns the status; for the C side.
ck_status ck_fail(ck_status status, const char *message);

#ifdef __cplusplus
}
#endif

#endif
