// The JPEG decoder, once for each library that includes it: all of them speak the interface of libjpeg 6b. The includer
// first includes the library's headers and defines CD_JPEG_DECODER, the name of the function to define.

#include "internal.h"

#include <setjmp.h>
#include <stdlib.h>

enum { MOST_SCANS = 100, ROWS = 8 };

typedef struct decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr handler;
    struct jpeg_progress_mgr progress;
    struct jpeg_source_mgr source;
    jmp_buf jump;
    JSAMPLE *rows;
    cd_status status;
    cd_error *error;
    int64_t working_memory;
} decoder;

static decoder *owner(j_common_ptr common) { return common->client_data; }

static void stop(decoder *state, cd_status status) {
    char text[JMSG_LENGTH_MAX];
    state->handler.format_message((j_common_ptr)&state->jpeg, text);
    state->status = cd_fail(state->error, status, "JPEG: %s", text);
    longjmp(state->jump, 1);
}

static void on_error(j_common_ptr common) {
    decoder *state = owner(common);
    switch (common->err->msg_code) {
    case JERR_INPUT_EOF:
    case JERR_INPUT_EMPTY: stop(state, CD_TRUNCATED); break;
    case JERR_OUT_OF_MEMORY: stop(state, CD_NO_MEMORY); break;
    case JERR_SOF_UNSUPPORTED:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_ARITH_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL: stop(state, CD_UNSUPPORTED); break;
    case JERR_NO_BACKING_STORE:
        state->status = cd_fail(state->error, CD_TOO_LARGE, "this JPEG needs more than %lld bytes of working memory",
                                (long long)state->working_memory);
        longjmp(state->jump, 1);
    default: stop(state, CD_CORRUPT);
    }
}

/// A warning that means lost picture data ends the decoding; harmless ones (bytes between segments) do not.
static void on_message(j_common_ptr common, int level) {
    if (level >= 0) return;
    decoder *state = owner(common);
    switch (common->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER: stop(state, CD_TRUNCATED); break;
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_BOGUS_PROGRESSION: stop(state, CD_CORRUPT); break;
    default: break;
    }
}

static void on_output(j_common_ptr common) { (void)common; }

static void on_progress(j_common_ptr common) {
    decoder *state = owner(common);
    if (state->jpeg.input_scan_number <= MOST_SCANS) return;
    state->status = cd_fail(state->error, CD_TOO_LARGE, "more than %d JPEG scans", MOST_SCANS);
    longjmp(state->jump, 1);
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

/// Stores samples in the width that the frame asks for.
static void store(const JSAMPLE *row, size_t count, int bytes_per_sample, uint8_t *out) {
    for (size_t i = 0; i < count; i++, out += bytes_per_sample) {
        unsigned value = (unsigned)row[i];
        out[0] = (uint8_t)value;
        if (bytes_per_sample > 1) out[1] = (uint8_t)(value >> 8);
        for (int byte = 2; byte < bytes_per_sample; byte++) out[byte] = 0;
    }
}

static cd_status run(decoder *state, const cd_frame *frame, uint8_t *out) {
    if (setjmp(state->jump)) return state->status;
    struct jpeg_decompress_struct *jpeg = &state->jpeg;
    jpeg_create_decompress(jpeg);
    // The default of every library of this family. Another number here means that its structures are not those of the header.
    if (jpeg->mem->max_alloc_chunk != 1000000000L)
        return cd_fail(state->error, CD_UNSUPPORTED, "JPEG: the library was built with other settings than its headers");
    // jpeg_create_decompress clears everything but the error handler and client data.
    jpeg->src = &state->source;
    state->progress.progress_monitor = on_progress;
    jpeg->progress = &state->progress;
    jpeg->mem->max_memory_to_use = (long)frame->working_memory;
    jpeg_read_header(jpeg, TRUE);
    cd_status status = cd_check_frame(frame, jpeg->image_width, jpeg->image_height, (uint64_t)jpeg->num_components,
                                      (uint64_t)jpeg->data_precision, state->error);
    if (status != CD_OK) return status;
    // The same unknown space on both sides: components as they are stored.
    jpeg->jpeg_color_space = JCS_UNKNOWN;
    jpeg->out_color_space = JCS_UNKNOWN;
    jpeg->dct_method = JDCT_ISLOW;
    jpeg->do_fancy_upsampling = TRUE;
    jpeg_start_decompress(jpeg);
    size_t samples = (size_t)frame->width * (size_t)frame->components;
    if (jpeg->output_width != (JDIMENSION)frame->width || jpeg->output_height != (JDIMENSION)frame->height ||
        jpeg->output_components != frame->components)
        return cd_fail(state->error, CD_CORRUPT, "JPEG: the size changed between header and picture");
    if (!(state->rows = malloc(samples * ROWS * sizeof(JSAMPLE)))) ERREXIT1(jpeg, JERR_OUT_OF_MEMORY, 0);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW rows[ROWS];
        for (int i = 0; i < ROWS; i++) rows[i] = state->rows + (size_t)i * samples;
        JDIMENSION left = jpeg->output_height - jpeg->output_scanline;
        JDIMENSION got = jpeg_read_scanlines(jpeg, rows, left < ROWS ? left : ROWS);
        if (got == 0) return cd_fail(state->error, CD_CORRUPT, "JPEG: no rows where there must be some");
        store(state->rows, samples * got, frame->bytes_per_sample, out);
        out += samples * got * (size_t)frame->bytes_per_sample;
    }
    jpeg_finish_decompress(jpeg);
    return CD_OK;
}

cd_status CD_JPEG_DECODER(const uint8_t *bytes, size_t count, const cd_frame *frame, uint8_t *out, cd_error *error) {
    decoder state = {.error = error, .working_memory = frame->working_memory};
    prepare(&state, bytes, count);
    cd_status status = run(&state, frame, out);
    jpeg_destroy_decompress(&state.jpeg);
    free(state.rows);
    return status;
}
