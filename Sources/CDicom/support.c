#include "internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

cd_status cd_fail(cd_error *error, cd_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return status;
}

cd_status cd_check_frame(const cd_frame *frame, uint64_t width, uint64_t height, uint64_t components, uint64_t bits,
                         cd_error *error) {
    if (width != (uint64_t)frame->width || height != (uint64_t)frame->height || components != (uint64_t)frame->components)
        return cd_fail(error, CD_CORRUPT,
                       "the codestream holds %" PRIu64 " x %" PRIu64 " pixels of %" PRIu64 " samples, the header says %d x %d of %d",
                       width, height, components, frame->width, frame->height, frame->components);
    if (bits == 0 || bits > (uint64_t)frame->bytes_per_sample * 8)
        return cd_fail(error, CD_CORRUPT, "the codestream's samples have %" PRIu64 " bits, the header allocates %d", bits,
                       frame->bytes_per_sample * 8);
    return CD_OK;
}
