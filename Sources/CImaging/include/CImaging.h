/// The one door from Swift to libpng and libjpeg-turbo, and to the pixel loops that must be fast.
///
/// Every codec function returns a `ci_status`; on failure `error->text` says what the library found, never what the file holds.
/// The libraries' longjmp stays inside. There is no global state: functions may run on any number of threads at once.
/// Pictures are interleaved 8-bit, rows without padding. Pixel functions trust their sizes; Swift checks them first.
#ifndef CIMAGING_H
#define CIMAGING_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ci_status {
    CI_OK = 0,
    CI_UNSUPPORTED,  // a legal file of a kind this program does not read
    CI_TRUNCATED,    // the data end before the picture does
    CI_CORRUPT,      // the data contradict the format
    CI_TOO_LARGE,    // more pixels, scans or working memory than the limits allow
    CI_NO_MEMORY,    // the system has no memory left
    CI_UNREADABLE,   // the file cannot be opened or read
} ci_status;

typedef struct ci_error {
    char text[224];
} ci_error;

typedef struct ci_limits {
    int64_t pixels;          // width x height
    int64_t library_memory;  // bytes that libjpeg may hold for coefficients (progressive and multi-scan files)
    int32_t scans;           // passes of a progressive JPEG
} ci_limits;

typedef struct ci_size {
    int32_t width;
    int32_t height;
} ci_size;

/// A buffer from malloc; release with `ci_release`.
typedef struct ci_buffer {
    uint8_t *bytes;
    size_t count;
} ci_buffer;

void ci_release(ci_buffer *buffer);

/// Reads a regular file of at most `limit` bytes.
ci_status ci_read_file(const char *path, size_t limit, ci_buffer *out, ci_error *error);

// Codecs. `*_size` reads the header and checks the limits and that `count` bytes can hold such a picture at all;
// `*_decode` then fills `rgb` (width x height x 3, of that size).

ci_status ci_png_size(const uint8_t *bytes, size_t count, const ci_limits *limits, ci_size *out, ci_error *error);
ci_status ci_png_decode(const uint8_t *bytes, size_t count, const ci_limits *limits, ci_size expected, uint8_t *rgb,
                        ci_error *error);
ci_status ci_jpeg_size(const uint8_t *bytes, size_t count, const ci_limits *limits, ci_size *out, ci_error *error);
ci_status ci_jpeg_decode(const uint8_t *bytes, size_t count, const ci_limits *limits, ci_size expected, uint8_t *rgb,
                         ci_error *error);

/// `channels` is 3 (RGB) or 1 (grey); `level` is zlib's, 0 to 9.
ci_status ci_png_encode(const uint8_t *pixels, ci_size size, int channels, int level, ci_buffer *out, ci_error *error);
/// `quality` 1 to 100; 4:4:4 when `full_colour` is not zero, else 4:2:0.
ci_status ci_jpeg_encode(const uint8_t *pixels, ci_size size, int channels, int quality, int full_colour, ci_buffer *out,
                         ci_error *error);

// Geometry on RGB.

/// EXIF orientation 1 to 8 made upright; `destination` has width and height exchanged for 5 to 8.
void ci_orient(const uint8_t *source, ci_size size, int orientation, uint8_t *destination);

typedef enum ci_filter { CI_BILINEAR = 0, CI_BICUBIC = 1, CI_LANCZOS = 2 } ci_filter;

/// Antialiased resize, along the rows and then down the columns, bit-equal to Pillow's passes on 8-bit pictures.
ci_status ci_resize(const uint8_t *source, ci_size size, uint8_t *destination, ci_size target, ci_filter filter,
                    ci_error *error);

/// Output pixel (x, y) reads the source bilinearly at (a x + b y + c, d x + e y + f), pixel centres at integers.
typedef struct ci_affine {
    double a, b, c, d, e, f;
} ci_affine;

/// The inverse map of: scale by `scale` and rotate counter-clockwise by `degrees` about the centre, then shift by (dx, dy).
ci_affine ci_affine_make(ci_size size, double degrees, double scale, double dx, double dy);

/// Same size in and out. Outside the source: black, or mirrored about the edge pixel when `reflect` is not zero.
void ci_warp(const uint8_t *source, ci_size size, const ci_affine *map, int reflect, uint8_t *destination);
/// The same with the nearest pixel, for pictures of class numbers.
void ci_warp_nearest(const uint8_t *source, ci_size size, const ci_affine *map, int reflect, uint8_t *destination);

/// Mean over each `cell` x `cell` block of the brightest channel, sampled at most 4 x 4 times per block.
/// `cells` has ceil(width / cell) x ceil(height / cell) values.
void ci_cell_brightness(const uint8_t *rgb, ci_size size, int cell, uint8_t *cells);

// Colour on RGB, in place, with Pillow's arithmetic. `pixels` counts pixels, not bytes.

void ci_brightness(uint8_t *rgb, size_t pixels, float factor);
void ci_contrast(uint8_t *rgb, size_t pixels, float factor);
void ci_saturation(uint8_t *rgb, size_t pixels, float factor);
/// `shift` is added to the hue byte and wraps at 256.
void ci_hue(uint8_t *rgb, size_t pixels, uint8_t shift);

/// RGB bytes to three planes of float32 through `tables[channel * 256 + byte]`.
void ci_planes(const uint8_t *rgb, size_t pixels, const float *tables, float *destination);

// Volumes: voxels [depth, height, width]. Sizes are trusted; Swift checks them first.

typedef struct ci_volume_size {
    int32_t depth;
    int32_t height;
    int32_t width;
} ci_volume_size;

/// Trilinear at voxel centres, edges repeated: output voxel i reads at (i + 0.5) * in / out - 0.5. Weights in float64, sums in
/// float32, along the rows first.
ci_status ci_volume_resize_int16(const int16_t *source, ci_volume_size size, float *destination, ci_volume_size target,
                                 ci_error *error);
ci_status ci_volume_resize_float(const float *source, ci_volume_size size, float *destination, ci_volume_size target,
                                 ci_error *error);

/// `map` is 3 x 4, row by row: output voxel (x, y, z) reads the source trilinearly at map * (x, y, z, 1), x along the width.
/// Outside the source is 0.
void ci_volume_warp(const float *source, ci_volume_size size, const double map[12], float *destination);

/// Adds `deviation` times a standard normal number to every voxel: Box and Muller's pairs from SplitMix64.
void ci_volume_add_noise(float *voxels, size_t count, uint64_t seed, double deviation);

/// 0 at `low`, 255 at `high`, linear and rounded to nearest between, clipped outside. NaN becomes 0.
void ci_volume_window(const float *voxels, size_t count, double low, double high, uint8_t *destination);

#ifdef __cplusplus
}
#endif

#endif
