/// The one door from Swift to the codecs of compressed DICOM pictures, and to zlib.
///
/// Swift reads the file's structure, knows the size of every picture and owns every buffer. A decoder gets one compressed
/// picture and what it must hold; it compares that with the codestream's own header before it decodes, and never writes past
/// `frame_bytes`. Everything is C or C with a noexcept border, longjmp stays inside, there is no global state: functions may
/// run on any number of threads at once. A codestream that ends early or is damaged is refused, never completed.
#ifndef CDICOM_H
#define CDICOM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum cd_status {
    CD_OK = 0,
    CD_UNSUPPORTED,  // a legal codestream of a kind that is not read
    CD_TRUNCATED,    // the data end before the picture does
    CD_CORRUPT,      // the data contradict the format, or the DICOM header
    CD_TOO_LARGE,    // more output, scans or working memory than allowed
    CD_NO_MEMORY,    // the system has no memory left
} cd_status;

typedef struct cd_error {
    char text[224];
} cd_error;

/// What a codestream must hold, from the DICOM header. Output is [height, width, components], little endian in
/// `bytes_per_sample` bytes; samples of fewer bits are in the low bits, signed ones of JPEG 2000 are sign-extended.
typedef struct cd_frame {
    int32_t width;
    int32_t height;
    int32_t components;        // 1 or 3
    int32_t bytes_per_sample;  // 1, 2 or 4
    int64_t working_memory;    // bytes that a JPEG library may hold besides the output
} cd_frame;

static inline size_t cd_frame_bytes(const cd_frame *frame) {
    return (size_t)frame->width * (size_t)frame->height * (size_t)frame->components * (size_t)frame->bytes_per_sample;
}

typedef cd_status cd_decoder(const uint8_t *bytes, size_t count, const cd_frame *frame, uint8_t *out, cd_error *error);

// JPEG, without any colour conversion. The caller reads the frame header and chooses.
cd_decoder cd_jpeg_dct8;      // baseline, extended and progressive, 8 bits: libjpeg-turbo
cd_decoder cd_jpeg_dct12;     // extended and progressive, 12 bits: GDCM's JPEG library
cd_decoder cd_jpeg_lossless;  // process 14, 2 to 16 bits, every predictor: GDCM's JPEG library

/// JPEG 2000 and High-Throughput JPEG 2000 codestreams, without JP2 boxes: OpenJPEG, strict. Undoes the codestream's own colour
/// transform.
cd_decoder cd_jpeg2000;

typedef enum cd_wrapping { CD_RAW_DEFLATE = 0, CD_GZIP = 1 } cd_wrapping;

/// Inflates `source` into at most `capacity` bytes; `produced` says how many there were, also on failure. The stream must end
/// properly (gzip: with a matching checksum; several members are one stream) and within the capacity, else CD_TOO_LARGE.
cd_status cd_inflate(cd_wrapping wrapping, const uint8_t *source, size_t count, uint8_t *out, size_t capacity, size_t *produced,
                     cd_error *error);

/// The most bytes that cd_gzip makes of `count`.
size_t cd_gzip_bound(size_t count);

/// Deflates `source` into one gzip member without name and time; `produced` says how long it is. CD_TOO_LARGE where `capacity` is
/// below the bound and does not suffice.
cd_status cd_gzip(const uint8_t *source, size_t count, uint8_t *out, size_t capacity, size_t *produced, cd_error *error);

#ifdef __cplusplus
}
#endif

#endif
