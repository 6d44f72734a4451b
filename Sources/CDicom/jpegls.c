#include "internal.h"

#include <stdlib.h>
#include <string.h>

#include <charls/charls.h>

static cd_status failed(charls_jpegls_errc code, cd_error *error) {
    cd_status status = CD_CORRUPT;
    if (code == CHARLS_JPEGLS_ERRC_SOURCE_BUFFER_TOO_SMALL) status = CD_TRUNCATED;
    if (code == CHARLS_JPEGLS_ERRC_NOT_ENOUGH_MEMORY) status = CD_NO_MEMORY;
    return cd_fail(error, status, "JPEG-LS: %s", charls_get_error_message(code));
}

/// CharLS writes planes where the codestream is not interleaved, one or two bytes a sample.
static void store(const uint8_t *decoded, int planar, int width, const cd_frame *frame, uint8_t *out) {
    size_t pixels = (size_t)frame->width * (size_t)frame->height, parts = (size_t)frame->components;
    for (size_t i = 0; i < pixels; i++)
        for (size_t c = 0; c < parts; c++, out += frame->bytes_per_sample) {
            const uint8_t *sample = decoded + (planar ? c * pixels + i : i * parts + c) * (size_t)width;
            for (int byte = 0; byte < frame->bytes_per_sample; byte++) out[byte] = byte < width ? sample[byte] : 0;
        }
}

static cd_status decode(charls_jpegls_decoder *decoder, const uint8_t *bytes, size_t count, const cd_frame *frame, uint8_t **decoded,
                        uint8_t *out, cd_error *error) {
    charls_jpegls_errc code = charls_jpegls_decoder_set_source_buffer(decoder, bytes, count);
    if (!code) code = charls_jpegls_decoder_read_header(decoder);
    charls_frame_info info = {0};
    if (!code) code = charls_jpegls_decoder_get_frame_info(decoder, &info);
    charls_interleave_mode mode = CHARLS_INTERLEAVE_MODE_NONE;
    if (!code) code = charls_jpegls_decoder_get_interleave_mode(decoder, &mode);
    if (code) return failed(code, error);
    cd_status status = cd_check_frame(frame, info.width, info.height, (uint64_t)info.component_count,
                                      (uint64_t)info.bits_per_sample, error);
    if (status != CD_OK) return status;
    int width = info.bits_per_sample <= 8 ? 1 : 2;
    size_t expected = (size_t)frame->width * (size_t)frame->height * (size_t)frame->components * (size_t)width, needed = 0;
    code = charls_jpegls_decoder_get_destination_size(decoder, 0, &needed);
    if (code) return failed(code, error);
    if (needed != expected) return cd_fail(error, CD_CORRUPT, "JPEG-LS: the picture has another size than its header");
    if (!(*decoded = malloc(expected))) return cd_fail(error, CD_NO_MEMORY, "no memory for %zu bytes", expected);
    code = charls_jpegls_decoder_decode_to_buffer(decoder, *decoded, expected, 0);
    if (code) return failed(code, error);
    store(*decoded, mode == CHARLS_INTERLEAVE_MODE_NONE, width, frame, out);
    return CD_OK;
}

cd_status cd_jpegls(const uint8_t *bytes, size_t count, const cd_frame *frame, uint8_t *out, cd_error *error) {
    charls_jpegls_decoder *decoder = charls_jpegls_decoder_create();
    if (!decoder) return cd_fail(error, CD_NO_MEMORY, "JPEG-LS: no decoder");
    uint8_t *decoded = NULL;
    cd_status status = decode(decoder, bytes, count, frame, &decoded, out, error);
    free(decoded);
    charls_jpegls_decoder_destroy(decoder);
    return status;
}
