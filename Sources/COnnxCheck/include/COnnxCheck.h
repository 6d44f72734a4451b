#ifndef CONNXCHECK_H
#define CONNXCHECK_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What libonnx says of a model. */
typedef enum oc_status {
  OC_VALID = 0,
  /* Against the standard; the message says how. */
  OC_INVALID = 1,
  /* The file cannot be read or parsed. */
  OC_UNREADABLE = 2,
  /* The opset or ir_version is newer than the library: nothing was checked. */
  OC_TOO_NEW = 3,
} oc_status;

/* The newest opset of the default domain that the linked libonnx knows. */
int oc_newest_opset(void);

/*
 * Checks the model at `path` with libonnx's checker, external data included, then runs strict shape and type inference
 * over it. `message` gets a text that ends in NUL, cut at `capacity` bytes; empty when the model is valid.
 */
oc_status oc_check_model(const char *path, char *message, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
