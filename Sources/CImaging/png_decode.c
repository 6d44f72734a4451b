#include "internal.h"

#include <png.h>
#include <string.h>

typedef struct reader {
    const uint8_t *bytes;
    size_t count;
    size_t position;
    ci_status status;
    ci_error *error;
} reader;

static void on_error(png_structp png, png_const_charp message) {
    reader *state = png_get_error_ptr(png);
    if (state->status == CI_OK) {
        state->status = strcmp(message, "Out of memory") == 0 ? CI_NO_MEMORY : CI_CORRUPT;
        // Only the library's own words: after a chunk's name and a colon, or all of it.
        const char *words = strchr(message, ':');
        ci_fail(state->error, state->status, "libpng: %s", words ? words + (words[1] == ' ' ? 2 : 1) : message);
    }
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void on_read(png_structp png, png_bytep destination, size_t count) {
    reader *state = png_get_io_ptr(png);
    if (count > state->count - state->position) {
        state->status = ci_fail(state->error, CI_TRUNCATED, "libpng: the data end after %zu bytes", state->count);
        png_error(png, "end of data");
    }
    memcpy(destination, state->bytes + state->position, count);
    state->position += count;
}

static ci_status check_header(png_structp png, png_infop info, const reader *state, const ci_limits *limits, ci_size *out,
                              ci_error *error) {
    uint64_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
    ci_status status = ci_check_size(width, height, limits, error);
    if (status != CI_OK) return status;
    // Deflate makes at most 1032 bytes from one.
    uint64_t raw = height * ((width * png_get_bit_depth(png, info) * png_get_channels(png, info) + 7) / 8);
    if (raw / 1032 > state->count)
        return ci_fail(error, CI_TRUNCATED, "%zu bytes cannot hold the %llu x %llu pixels of the header", state->count,
                       (unsigned long long)width, (unsigned long long)height);
    out->width = (int32_t)width;
    out->height = (int32_t)height;
    return CI_OK;
}

static void read_rows(png_structp png, png_infop info, ci_size size, uint8_t *rgb) {
    png_byte type = png_get_color_type(png, info), depth = png_get_bit_depth(png, info);
    if (depth == 16) png_set_strip_16(png);
    if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
    if (type == PNG_COLOR_TYPE_GRAY && depth < 8) png_set_expand_gray_1_2_4_to_8(png);
    if (!(type & PNG_COLOR_MASK_COLOR)) png_set_gray_to_rgb(png);
    png_set_strip_alpha(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    size_t stride = (size_t)size.width * 3;
    if (png_get_rowbytes(png, info) != stride) png_error(png, "unexpected row size");
    for (int pass = 0; pass < passes; pass++)
        for (int32_t y = 0; y < size.height; y++) png_read_row(png, rgb + (size_t)y * stride, NULL);
    png_read_end(png, NULL);
}

/// Reads the header, and the rows too when `rgb` is given.
static ci_status run(png_structp png, png_infop info, reader *state, const ci_limits *limits, ci_size *size, uint8_t *rgb) {
    if (setjmp(png_jmpbuf(png))) return state->status;
    png_set_read_fn(png, state, on_read);
    png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
    png_set_chunk_cache_max(png, 1);
    // Ancillary chunks other than tRNS are skipped unread: text, profiles and EXIF cost nothing.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(png, info);
    ci_size found;
    ci_status status = check_header(png, info, state, limits, &found, state->error);
    if (status != CI_OK) return status;
    if (!rgb) {
        *size = found;
        return CI_OK;
    }
    if (found.width != size->width || found.height != size->height)
        return ci_fail(state->error, CI_CORRUPT, "the size changed between header and picture");
    read_rows(png, info, found, rgb);
    return CI_OK;
}

static ci_status with_png(const uint8_t *bytes, size_t count, const ci_limits *limits, ci_size *size, uint8_t *rgb,
                          ci_error *error) {
    reader state = {.bytes = bytes, .count = count, .error = error};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &state, on_error, on_warning);
    if (!png) return ci_fail(error, CI_NO_MEMORY, "libpng: no memory");
    png_infop info = png_create_info_struct(png);
    ci_status status = info ? run(png, info, &state, limits, size, rgb) : ci_fail(error, CI_NO_MEMORY, "libpng: no memory");
    png_destroy_read_struct(&png, &info, NULL);
    return status;
}

ci_status ci_png_size(const uint8_t *bytes, size_t count, const ci_limits *limits, ci_size *out, ci_error *error) {
    return with_png(bytes, count, limits, out, NULL, error);
}

ci_status ci_png_decode(const uint8_t *bytes, size_t count, const ci_limits *limits, ci_size expected, uint8_t *rgb,
                        ci_error *error) {
    return with_png(bytes, count, limits, &expected, rgb, error);
}
