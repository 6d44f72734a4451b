#define _POSIX_C_SOURCE 200809L

#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ci_status ci_fail(ci_error *error, ci_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return status;
}

ci_status ci_check_size(uint64_t width, uint64_t height, const ci_limits *limits, ci_error *error) {
    if (width == 0 || height == 0)
        return ci_fail(error, CI_CORRUPT, "the header says %" PRIu64 " x %" PRIu64 " pixels", width, height);
    if (width > 65535 || height > 65535)
        return ci_fail(error, CI_TOO_LARGE, "%" PRIu64 " x %" PRIu64 " pixels; the longest side allowed is 65535", width, height);
    if (width * height > (uint64_t)limits->pixels)
        return ci_fail(error, CI_TOO_LARGE, "%.4g megapixels (%" PRIu64 " x %" PRIu64 "); the limit is %.4g megapixels",
                       (double)(width * height) / 1e6, width, height, (double)limits->pixels / 1e6);
    return CI_OK;
}

void ci_release(ci_buffer *buffer) {
    free(buffer->bytes);
    buffer->bytes = NULL;
    buffer->count = 0;
}

static ci_status system_error(ci_error *error) {
    char text[128] = "unknown system error";
    (void)strerror_r(errno, text, sizeof text);
    return ci_fail(error, CI_UNREADABLE, "%s", text);
}

static ci_status read_all(int file, size_t count, ci_buffer *out, ci_error *error) {
    out->bytes = malloc(count > 0 ? count : 1);
    if (!out->bytes) return ci_fail(error, CI_NO_MEMORY, "no memory for a file of %zu bytes", count);
    while (out->count < count) {
        ssize_t got = read(file, out->bytes + out->count, count - out->count);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_error(error);
        if (got == 0) break;
        out->count += (size_t)got;
    }
    return CI_OK;
}

ci_status ci_read_file(const char *path, size_t limit, ci_buffer *out, ci_error *error) {
    *out = (ci_buffer){0};
    // O_NONBLOCK: opening a named pipe must not wait for a writer.
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return system_error(error);
    struct stat info;
    ci_status status;
    if (fstat(file, &info) != 0)
        status = system_error(error);
    else if (!S_ISREG(info.st_mode))
        status = ci_fail(error, CI_UNREADABLE, "not a regular file");
    else if ((uint64_t)info.st_size > limit)
        status = ci_fail(error, CI_TOO_LARGE, "%" PRIu64 " bytes; the limit is %zu bytes", (uint64_t)info.st_size, limit);
    else
        status = read_all(file, (size_t)info.st_size, out, error);
    close(file);
    if (status != CI_OK) ci_release(out);
    return status;
}
