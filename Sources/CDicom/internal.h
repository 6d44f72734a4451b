#ifndef CDICOM_INTERNAL_H
#define CDICOM_INTERNAL_H

#include "CDicom.h"

/// Stores a printf-style text and returns `status`.
cd_status cd_fail(cd_error *error, cd_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/// Compares what a codestream's header says with what the DICOM header promised.
cd_status cd_check_frame(const cd_frame *frame, uint64_t width, uint64_t height, uint64_t components, uint64_t bits,
                         cd_error *error);

/// zlib counts in 32 bits; longer buffers are given in parts.
static inline unsigned cd_zlib_part(size_t count) { return count > 1u << 30 ? 1u << 30 : (unsigned)count; }

#endif
