#include "internal.h"

#include <stdio.h>
#include <string.h>

#include <openjpeg-2.5/openjpeg.h>

typedef struct source {
    const uint8_t *bytes;
    size_t count;
    size_t position;
} source;

static OPJ_SIZE_T source_read(void *buffer, OPJ_SIZE_T wanted, void *context) {
    source *input = context;
    size_t left = input->count - input->position;
    if (left == 0) return (OPJ_SIZE_T)-1;
    size_t got = wanted < left ? wanted : left;
    memcpy(buffer, input->bytes + input->position, got);
    input->position += got;
    return got;
}

static OPJ_OFF_T source_skip(OPJ_OFF_T wanted, void *context) {
    source *input = context;
    if (wanted < 0 || (uint64_t)wanted > input->count - input->position) return -1;
    input->position += (size_t)wanted;
    return wanted;
}

static OPJ_BOOL source_seek(OPJ_OFF_T position, void *context) {
    source *input = context;
    if (position < 0 || (uint64_t)position > input->count) return OPJ_FALSE;
    input->position = (size_t)position;
    return OPJ_TRUE;
}

/// Keeps the first message, in one line.
static void on_message(const char *message, void *context) {
    cd_error *error = context;
    if (error->text[0]) return;
    snprintf(error->text, sizeof error->text, "JPEG 2000: %s", message);
    error->text[strcspn(error->text, "\r\n")] = 0;
}

static void ignore(const char *message, void *context) { (void)message, (void)context; }

static cd_status check_image(const opj_image_t *image, const cd_frame *frame, cd_error *error) {
    if (image->x1 <= image->x0 || image->y1 <= image->y0) return cd_fail(error, CD_CORRUPT, "JPEG 2000: an empty picture");
    for (OPJ_UINT32 c = 0; c < image->numcomps; c++) {
        const opj_image_comp_t *part = &image->comps[c];
        cd_status status = cd_check_frame(frame, part->w, part->h, image->numcomps, part->prec, error);
        if (status != CD_OK) return status;
        if (part->dx != 1 || part->dy != 1)
            return cd_fail(error, CD_UNSUPPORTED, "JPEG 2000 with subsampled components");
    }
    return CD_OK;
}

static void store(const opj_image_t *image, const cd_frame *frame, uint8_t *out) {
    size_t pixels = (size_t)frame->width * (size_t)frame->height;
    for (int c = 0; c < frame->components; c++) {
        const OPJ_INT32 *samples = image->comps[c].data;
        uint8_t *target = out + (size_t)c * (size_t)frame->bytes_per_sample;
        for (size_t i = 0; i < pixels; i++, target += (size_t)frame->components * (size_t)frame->bytes_per_sample)
            for (int byte = 0; byte < frame->bytes_per_sample; byte++)
                target[byte] = (uint8_t)((uint32_t)samples[i] >> (8 * byte));
    }
}

static cd_status decode(opj_codec_t *codec, opj_stream_t *stream, const cd_frame *frame, opj_image_t **image, uint8_t *out,
                        cd_error *error) {
    opj_dparameters_t parameters;
    opj_set_default_decoder_parameters(&parameters);
    if (!opj_setup_decoder(codec, &parameters) || !opj_decoder_set_strict_mode(codec, OPJ_TRUE))
        return cd_fail(error, CD_NO_MEMORY, "JPEG 2000: no decoder");
    if (!opj_read_header(stream, codec, image)) return CD_CORRUPT;
    cd_status status = check_image(*image, frame, error);
    if (status != CD_OK) return status;
    if (!opj_decode(codec, stream, *image) || !opj_end_decompress(codec, stream)) return CD_CORRUPT;
    status = check_image(*image, frame, error);
    if (status != CD_OK) return status;
    for (int c = 0; c < frame->components; c++)
        if (!(*image)->comps[c].data) return cd_fail(error, CD_CORRUPT, "JPEG 2000: a component has no data");
    store(*image, frame, out);
    return CD_OK;
}

cd_status cd_jpeg2000(const uint8_t *bytes, size_t count, const cd_frame *frame, uint8_t *out, cd_error *error) {
    source input = {.bytes = bytes, .count = count};
    opj_codec_t *codec = opj_create_decompress(OPJ_CODEC_J2K);
    opj_stream_t *stream = opj_stream_create(1 << 16, OPJ_TRUE);
    opj_image_t *image = NULL;
    cd_status status = CD_NO_MEMORY;
    error->text[0] = 0;
    if (codec && stream) {
        opj_stream_set_user_data(stream, &input, NULL);
        opj_stream_set_user_data_length(stream, count);
        opj_stream_set_read_function(stream, source_read);
        opj_stream_set_skip_function(stream, source_skip);
        opj_stream_set_seek_function(stream, source_seek);
        opj_set_error_handler(codec, on_message, error);
        opj_set_warning_handler(codec, ignore, NULL);
        opj_set_info_handler(codec, ignore, NULL);
        status = decode(codec, stream, frame, &image, out, error);
    }
    if (status != CD_OK && !error->text[0]) cd_fail(error, status, "JPEG 2000: the codestream cannot be decoded");
    opj_image_destroy(image);
    if (stream) opj_stream_destroy(stream);
    if (codec) opj_destroy_codec(codec);
    return status;
}
