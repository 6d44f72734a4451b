#include "internal.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

typedef struct decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr handler;
    struct jpeg_progress_mgr progress;
    struct jpeg_source_mgr source;
    jmp_buf jump;
    uint8_t *cmyk;
    ci_status status;
    ci_error *error;
    const ci_limits *limits;
} decoder;

static decoder *owner(j_common_ptr common) { return common->client_data; }

static void stop(decoder *state, ci_status status) {
    char text[JMSG_LENGTH_MAX];
    state->handler.format_message((j_common_ptr)&state->jpeg, text);
    state->status = ci_fail(state->error, status, "libjpeg: %s", text);
    longjmp(state->jump, 1);
}

static void on_error(j_common_ptr common) {
    decoder *state = owner(common);
    switch (common->err->msg_code) {
    case JERR_INPUT_EOF:
    case JERR_INPUT_EMPTY: stop(state, CI_TRUNCATED); break;
    case JERR_OUT_OF_MEMORY: stop(state, CI_NO_MEMORY); break;
    case JERR_SOF_UNSUPPORTED:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_ARITH_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL: stop(state, CI_UNSUPPORTED); break;
    case JERR_NO_BACKING_STORE:
        state->status = ci_fail(state->error, CI_TOO_LARGE, "this progressive JPEG needs more than %lld bytes of working memory",
                                (long long)state->limits->library_memory);
        longjmp(state->jump, 1);
    default: stop(state, CI_CORRUPT);
    }
}

/// A warning that means lost picture data ends the decoding; harmless ones (bytes between segments) do not.
static void on_message(j_common_ptr common, int level) {
    if (level >= 0) return;
    decoder *state = owner(common);
    switch (common->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER: stop(state, CI_TRUNCATED); break;
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_BOGUS_PROGRESSION: stop(state, CI_CORRUPT); break;
    default: break;
    }
}

static void on_output(j_common_ptr common) { (void)common; }

static void on_progress(j_common_ptr common) {
    decoder *state = owner(common);
    if (state->jpeg.input_scan_number > state->limits->scans) {
        state->status = ci_fail(state->error, CI_TOO_LARGE, "more than %d progressive scans", state->limits->scans);
        longjmp(state->jump, 1);
    }
}

static void source_begin(j_decompress_ptr jpeg) { (void)jpeg; }

static boolean source_fill(j_decompress_ptr jpeg) {
    ERREXIT(jpeg, JERR_INPUT_EOF);
    return FALSE;
}

static void source_skip(j_decompress_ptr jpeg, long count) {
    if (count <= 0) return;
    if ((size_t)count > jpeg->src->bytes_in_buffer) ERREXIT(jpeg, JERR_INPUT_EOF);
    jpeg->src->next_input_byte += count;
    jpeg->src->bytes_in_buffer -= (size_t)count;
}

static void prepare(decoder *state, const uint8_t *bytes, size_t count) {
    state->jpeg.err = jpeg_std_error(&state->handler);
    state->handler.error_exit = on_error;
    state->handler.emit_message = on_message;
    state->handler.output_message = on_output;
    state->jpeg.client_data = state;
    state->source = (struct jpeg_source_mgr){
        .next_input_byte = bytes,
        .bytes_in_buffer = count,
        .init_source = source_begin,
        .fill_input_buffer = source_fill,
        .skip_input_data = source_skip,
        .resync_to_restart = jpeg_resync_to_restart,
        .term_source = source_begin,
    };
}

/// Reads the header into `size`, after the limits and what `count` bytes can hold at all were checked.
static ci_status read_header(decoder *state, size_t count, ci_size *size) {
    struct jpeg_decompress_struct *jpeg = &state->jpeg;
    jpeg_create_decompress(jpeg);
    // jpeg_create_decompress clears everything but the error handler and client data.
    jpeg->src = &state->source;
    state->progress.progress_monitor = on_progress;
    jpeg->progress = &state->progress;
    jpeg->mem->max_memory_to_use = (long)state->limits->library_memory;
    jpeg_read_header(jpeg, TRUE);
    ci_status status = ci_check_size(jpeg->image_width, jpeg->image_height, state->limits, state->error);
    if (status != CI_OK) return status;
    if (jpeg->num_components != 1 && jpeg->num_components != 3 && jpeg->num_components != 4)
        return ci_fail(state->error, CI_UNSUPPORTED, "a JPEG with %d components", jpeg->num_components);
    // Huffman coding spends at least one bit on every 8 x 8 block.
    uint64_t blocks = ((uint64_t)jpeg->image_width + 7) / 8 * (((uint64_t)jpeg->image_height + 7) / 8);
    if (!jpeg->arith_code && blocks / 8 > count)
        return ci_fail(state->error, CI_TRUNCATED, "%zu bytes cannot hold the %u x %u pixels of the header", count,
                       jpeg->image_width, jpeg->image_height);
    size->width = (int32_t)jpeg->image_width;
    size->height = (int32_t)jpeg->image_height;
    return CI_OK;
}

static inline uint8_t ink(int key, int colour) {
    int product = key * colour + 128;
    return (uint8_t)(key - ((product + (product >> 8)) >> 8));
}

/// One row of CMYK to RGB as Pillow converts: key - key * colour / 255, the inks stored inverted as Adobe does.
static void convert_cmyk(const uint8_t *cmyk, uint8_t *rgb, int32_t width) {
    for (int32_t x = 0; x < width; x++, cmyk += 4, rgb += 3)
        for (int c = 0; c < 3; c++) rgb[c] = ink(cmyk[3], 255 - cmyk[c]);
}

static void read_rows(decoder *state, ci_size size, uint8_t *rgb) {
    struct jpeg_decompress_struct *jpeg = &state->jpeg;
    int four = jpeg->num_components == 4;
    jpeg->out_color_space = four ? JCS_CMYK : JCS_RGB;
    jpeg->dct_method = JDCT_ISLOW;
    jpeg->do_fancy_upsampling = TRUE;
    if (four && !(state->cmyk = malloc((size_t)size.width * 4))) ERREXIT1(jpeg, JERR_OUT_OF_MEMORY, 0);
    jpeg_start_decompress(jpeg);
    size_t stride = (size_t)size.width * 3;
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW rows[8];
        JDIMENSION first = jpeg->output_scanline, wanted = jpeg->output_height - first;
        if (wanted > 8) wanted = 8;
        for (JDIMENSION i = 0; i < wanted; i++) rows[i] = four ? state->cmyk : rgb + (first + i) * stride;
        jpeg_read_scanlines(jpeg, rows, four ? 1 : wanted);
        if (four) convert_cmyk(state->cmyk, rgb + first * stride, size.width);
    }
    jpeg_finish_decompress(jpeg);
}

static ci_status run(decoder *state, size_t count, ci_size *size, uint8_t *rgb) {
    if (setjmp(state->jump)) return state->status;
    ci_size found;
    ci_status status = read_header(state, count, &found);
    if (status != CI_OK) return status;
    if (!rgb) {
        *size = found;
        return CI_OK;
    }
    if (found.width != size->width || found.height != size->height)
        return ci_fail(state->error, CI_CORRUPT, "the size changed between header and picture");
    read_rows(state, found, rgb);
    return CI_OK;
}

static ci_status with_jpeg(const uint8_t *bytes, size_t count, const ci_limits *limits, ci_size *size, uint8_t *rgb,
                           ci_error *error) {
    decoder state = {.error = error, .limits = limits};
    prepare(&state, bytes, count);
    ci_status status = run(&state, count, size, rgb);
    jpeg_destroy_decompress(&state.jpeg);
    free(state.cmyk);
    return status;
}

ci_status ci_jpeg_size(const uint8_t *bytes, size_t count, const ci_limits *limits, ci_size *out, ci_error *error) {
    return with_jpeg(bytes, count, limits, out, NULL, error);
}

ci_status ci_jpeg_decode(const uint8_t *bytes, size_t count, const ci_limits *limits, ci_size expected, uint8_t *rgb,
                         ci_error *error) {
    return with_jpeg(bytes, count, limits, &expected, rgb, error);
}
