#include "internal.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <jerror.h>

typedef struct encoder {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr handler;
    struct jpeg_destination_mgr target;
    jmp_buf jump;
    ci_buffer buffer;  // count is the capacity until the end
    ci_status status;
    ci_error *error;
} encoder;

static void on_error(j_common_ptr common) {
    encoder *state = common->client_data;
    char text[JMSG_LENGTH_MAX];
    common->err->format_message(common, text);
    ci_status status = common->err->msg_code == JERR_OUT_OF_MEMORY ? CI_NO_MEMORY : CI_CORRUPT;
    state->status = ci_fail(state->error, status, "libjpeg: %s", text);
    longjmp(state->jump, 1);
}

static void on_message(j_common_ptr common, int level) {
    (void)common;
    (void)level;
}

/// Makes room for more bytes; the library calls it with a full buffer.
static boolean grow(j_compress_ptr jpeg) {
    encoder *state = jpeg->client_data;
    size_t used = state->buffer.count, capacity = used + used / 2 + 65536;
    uint8_t *bytes = realloc(state->buffer.bytes, capacity);
    if (!bytes) ERREXIT1(jpeg, JERR_OUT_OF_MEMORY, 0);
    state->buffer = (ci_buffer){bytes, capacity};
    jpeg->dest->next_output_byte = bytes + used;
    jpeg->dest->free_in_buffer = capacity - used;
    return TRUE;
}

static void begin(j_compress_ptr jpeg) { grow(jpeg); }

static void finish(j_compress_ptr jpeg) {
    encoder *state = jpeg->client_data;
    state->buffer.count -= jpeg->dest->free_in_buffer;
}

static ci_status run(encoder *state, const uint8_t *pixels, ci_size size, int channels, int quality, int full_colour) {
    if (setjmp(state->jump)) return state->status;
    struct jpeg_compress_struct *jpeg = &state->jpeg;
    jpeg_create_compress(jpeg);
    state->target.init_destination = begin;
    state->target.empty_output_buffer = grow;
    state->target.term_destination = finish;
    jpeg->dest = &state->target;
    jpeg->image_width = (JDIMENSION)size.width;
    jpeg->image_height = (JDIMENSION)size.height;
    jpeg->input_components = channels;
    jpeg->in_color_space = channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(jpeg);
    jpeg->dct_method = JDCT_ISLOW;
    jpeg_set_quality(jpeg, quality, TRUE);
    if (full_colour && channels == 3) jpeg->comp_info[0].h_samp_factor = jpeg->comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(jpeg, TRUE);
    size_t stride = (size_t)size.width * (size_t)channels;
    while (jpeg->next_scanline < jpeg->image_height) {
        JSAMPROW row = (JSAMPROW)(uintptr_t)(pixels + jpeg->next_scanline * stride);
        jpeg_write_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_compress(jpeg);
    return CI_OK;
}

ci_status ci_jpeg_encode(const uint8_t *pixels, ci_size size, int channels, int quality, int full_colour, ci_buffer *out,
                         ci_error *error) {
    encoder state = {.error = error};
    *out = (ci_buffer){0};
    state.jpeg.err = jpeg_std_error(&state.handler);
    state.handler.error_exit = on_error;
    state.handler.emit_message = on_message;
    state.jpeg.client_data = &state;
    ci_status status = run(&state, pixels, size, channels, quality, full_colour);
    jpeg_destroy_compress(&state.jpeg);
    if (status == CI_OK)
        *out = state.buffer;
    else
        ci_release(&state.buffer);
    return status;
}
