#include "internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

// Weights have 22 fractional bits: 8 bits of pixel and two bits for overshoot fill the rest of an int32.
enum { FRACTION = 22 };

typedef int32_t lanes __attribute__((vector_size(16)));
typedef uint8_t bytes4 __attribute__((vector_size(4)));

/// For each output position: the first source position, how many, and their weights.
typedef struct taps {
    int32_t *first;
    int32_t *count;
    int32_t *weights;  // `stride` per output position
    int32_t stride;
} taps;

static double bilinear(double x) {
    x = fabs(x);
    return x < 1.0 ? 1.0 - x : 0.0;
}

/// Keys' cubic with a = -0.5.
static double bicubic(double x) {
    const double a = -0.5;
    x = fabs(x);
    if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
    if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
    return 0.0;
}

static double sinc(double x) {
    if (x == 0.0) return 1.0;
    x *= 3.14159265358979323846;
    return sin(x) / x;
}

static double lanczos(double x) { return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }

static void free_taps(taps *t) {
    free(t->first);
    free(t->count);
    free(t->weights);
}

static void fill_taps(taps *t, int32_t in, int32_t out, double (*shape)(double), double radius, double *weights) {
    double scale = (double)in / out, spread = scale < 1.0 ? 1.0 : scale, support = radius * spread;
    for (int32_t i = 0; i < out; i++) {
        double centre = (i + 0.5) * scale, sum = 0.0;
        int32_t first = (int32_t)(centre - support + 0.5), end = (int32_t)(centre + support + 0.5);
        if (first < 0) first = 0;
        if (end > in) end = in;
        for (int32_t k = 0; k < end - first; k++) sum += weights[k] = shape((k + first - centre + 0.5) * (1.0 / spread));
        t->first[i] = first;
        t->count[i] = end - first;
        for (int32_t k = 0; k < end - first; k++) {
            double w = sum != 0.0 ? weights[k] / sum : weights[k];
            t->weights[(size_t)i * t->stride + k] = (int32_t)((w < 0 ? -0.5 : 0.5) + w * (1 << FRACTION));
        }
    }
}

static int make_taps(taps *t, int32_t in, int32_t out, ci_filter filter) {
    static double (*const shapes[])(double) = {bilinear, bicubic, lanczos};
    static const double radii[] = {1.0, 2.0, 3.0};
    double scale = (double)in / out, support = radii[filter] * (scale < 1.0 ? 1.0 : scale);
    *t = (taps){.stride = (int32_t)ceil(support) * 2 + 1};
    t->first = malloc((size_t)out * sizeof *t->first);
    t->count = malloc((size_t)out * sizeof *t->count);
    t->weights = malloc((size_t)out * (size_t)t->stride * sizeof *t->weights);
    double *scratch = malloc((size_t)t->stride * sizeof *scratch);
    int made = t->first && t->count && t->weights && scratch;
    if (made) fill_taps(t, in, out, shapes[filter], radii[filter], scratch);
    free(scratch);
    if (!made) free_taps(t);
    return made;
}

/// Four bytes from `p`: one RGB pixel and a neighbour's byte whose lane is never stored.
static inline __attribute__((always_inline)) lanes load_pixel(const uint8_t *p) {
    bytes4 b;
    memcpy(&b, p, 4);
    return __builtin_convertvector(b, lanes);
}

static inline __attribute__((always_inline)) void store_pixel(uint8_t *p, lanes sum) {
    for (int c = 0; c < 3; c++) p[c] = ci_clip(sum[c] >> FRACTION);
}

/// Four rows at once, so that each weight is loaded once. Reads one byte behind each row.
CI_CLONES static void rows_across(const uint8_t *source, size_t source_stride, uint8_t *destination, size_t destination_stride,
                                  int32_t width, const taps *t) {
    const lanes half = (lanes){1, 1, 1, 1} << (FRACTION - 1);
    for (int32_t x = 0; x < width; x++) {
        const int32_t *weights = t->weights + (size_t)x * t->stride;
        const uint8_t *p = source + (size_t)t->first[x] * 3;
        lanes s0 = half, s1 = half, s2 = half, s3 = half;
        for (int32_t k = 0; k < t->count[x]; k++, p += 3) {
            lanes w = {weights[k], weights[k], weights[k], weights[k]};
            s0 += load_pixel(p) * w;
            s1 += load_pixel(p + source_stride) * w;
            s2 += load_pixel(p + 2 * source_stride) * w;
            s3 += load_pixel(p + 3 * source_stride) * w;
        }
        uint8_t *q = destination + (size_t)x * 3;
        store_pixel(q, s0);
        store_pixel(q + destination_stride, s1);
        store_pixel(q + 2 * destination_stride, s2);
        store_pixel(q + 3 * destination_stride, s3);
    }
}

/// Weighted sum of `count` rows of `bytes` bytes, in blocks whose sums stay in the first-level cache.
CI_CLONES static void rows_down(const uint8_t *source, size_t bytes, const int32_t *weights, int32_t count,
                                uint8_t *destination) {
    enum { BLOCK = 512 };
    int32_t sums[BLOCK];
    for (size_t start = 0; start < bytes; start += BLOCK) {
        size_t length = bytes - start < BLOCK ? bytes - start : BLOCK;
        for (size_t i = 0; i < length; i++) sums[i] = 1 << (FRACTION - 1);
        for (int32_t k = 0; k < count; k++) {
            const uint8_t *row = source + (size_t)k * bytes + start;
            int32_t w = weights[k];
            for (size_t i = 0; i < length; i++) sums[i] += row[i] * w;
        }
        for (size_t i = 0; i < length; i++) {
            int32_t v = sums[i] >> FRACTION;
            v = v < 0 ? 0 : v;
            destination[start + i] = (uint8_t)(v > 255 ? 255 : v);
        }
    }
}

/// All rows; the last up to four are copied first because the pixel load reads past a row's end.
static int across(const uint8_t *source, ci_size size, uint8_t *destination, int32_t width, const taps *t) {
    size_t from = (size_t)size.width * 3, to = (size_t)width * 3;
    uint8_t *tail = calloc(4 * from + 4, 1), *made = malloc(4 * to);
    int ok = tail && made;
    int32_t whole = size.height > 4 ? (size.height - 1) / 4 * 4 : 0, rest = size.height - whole;
    if (ok) {
        for (int32_t y = 0; y < whole; y += 4) rows_across(source + y * from, from, destination + y * to, to, width, t);
        memcpy(tail, source + whole * from, rest * from);
        rows_across(tail, from, made, to, width, t);
        memcpy(destination + whole * to, made, rest * to);
    }
    free(tail);
    free(made);
    return ok;
}

static int down(const uint8_t *source, size_t bytes, uint8_t *destination, int32_t height, const taps *t) {
    for (int32_t y = 0; y < height; y++)
        rows_down(source + (size_t)t->first[y] * bytes, bytes, t->weights + (size_t)y * t->stride, t->count[y],
                  destination + (size_t)y * bytes);
    return 1;
}

ci_status ci_resize(const uint8_t *source, ci_size size, uint8_t *destination, ci_size target, ci_filter filter,
                    ci_error *error) {
    int horizontal = size.width != target.width, vertical = size.height != target.height, ok = 1;
    size_t bytes = (size_t)target.width * 3;
    taps columns = {0}, rows = {0};
    uint8_t *middle = NULL;
    if (horizontal) ok = make_taps(&columns, size.width, target.width, filter);
    if (ok && vertical) ok = make_taps(&rows, size.height, target.height, filter);
    if (ok && horizontal && vertical) ok = (middle = malloc((size_t)size.height * bytes)) != NULL;
    if (ok && horizontal) ok = across(source, size, middle ? middle : destination, target.width, &columns);
    if (ok && vertical) ok = down(middle ? middle : source, bytes, destination, target.height, &rows);
    if (ok && !horizontal && !vertical) memcpy(destination, source, (size_t)size.height * bytes);
    free(middle);
    free_taps(&columns);
    free_taps(&rows);
    return ok ? CI_OK : ci_fail(error, CI_NO_MEMORY, "no memory to resize to %d x %d", target.width, target.height);
}
