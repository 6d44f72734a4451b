#include "internal.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

typedef struct writer {
    ci_buffer buffer;
    size_t capacity;
    ci_status status;
    ci_error *error;
} writer;

static void on_error(png_structp png, png_const_charp message) {
    writer *state = png_get_error_ptr(png);
    if (state->status == CI_OK) state->status = ci_fail(state->error, CI_CORRUPT, "libpng: %s", message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void on_write(png_structp png, png_bytep source, size_t count) {
    writer *state = png_get_io_ptr(png);
    size_t needed = state->buffer.count + count;
    if (needed > state->capacity) {
        size_t capacity = needed + needed / 2 + 4096;
        uint8_t *bytes = realloc(state->buffer.bytes, capacity);
        if (!bytes) {
            state->status = ci_fail(state->error, CI_NO_MEMORY, "no memory for a PNG of %zu bytes", needed);
            png_error(png, "no memory");
        }
        state->buffer.bytes = bytes;
        state->capacity = capacity;
    }
    memcpy(state->buffer.bytes + state->buffer.count, source, count);
    state->buffer.count = needed;
}

static void on_flush(png_structp png) { (void)png; }

static ci_status run(png_structp png, png_infop info, writer *state, const uint8_t *pixels, ci_size size, int channels,
                     int level) {
    if (setjmp(png_jmpbuf(png))) return state->status;
    png_set_write_fn(png, state, on_write, on_flush);
    png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
    png_set_compression_level(png, level);
    png_set_IHDR(png, info, (png_uint_32)size.width, (png_uint_32)size.height, 8,
                 channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    size_t stride = (size_t)size.width * (size_t)channels;
    for (int32_t y = 0; y < size.height; y++) png_write_row(png, pixels + (size_t)y * stride);
    png_write_end(png, info);
    return CI_OK;
}

ci_status ci_png_encode(const uint8_t *pixels, ci_size size, int channels, int level, ci_buffer *out, ci_error *error) {
    writer state = {.error = error};
    *out = (ci_buffer){0};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &state, on_error, on_warning);
    if (!png) return ci_fail(error, CI_NO_MEMORY, "libpng: no memory");
    png_infop info = png_create_info_struct(png);
    ci_status status = info ? run(png, info, &state, pixels, size, channels, level)
                            : ci_fail(error, CI_NO_MEMORY, "libpng: no memory");
    png_destroy_write_struct(&png, &info);
    if (status == CI_OK)
        *out = state.buffer;
    else
        ci_release(&state.buffer);
    return status;
}
