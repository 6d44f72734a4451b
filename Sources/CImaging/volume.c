#include "internal.h"

#include <math.h>
#include <stdlib.h>

#pragma STDC FP_CONTRACT OFF

/// Where one axis of the output reads: the lower neighbour, the step to the upper one, and the upper one's weight.
typedef struct tap {
    int32_t lower;
    int32_t step;
    float weight;
} tap;

static tap *make_taps(int32_t in, int32_t out) {
    tap *taps = malloc((size_t)out * sizeof *taps);
    if (!taps) return NULL;
    double scale = (double)in / out;
    for (int32_t i = 0; i < out; i++) {
        double at = (i + 0.5) * scale - 0.5;
        if (at < 0) at = 0;
        int32_t lower = (int32_t)at;
        if (lower > in - 1) lower = in - 1;
        taps[i] = (tap){.lower = lower, .step = lower < in - 1, .weight = (float)(at - lower)};
    }
    return taps;
}

static inline float mix(float a, float b, float weight) { return a + (b - a) * weight; }

// The same loop for both kinds of voxels.
#define RESIZE(NAME, VOXEL)                                                                                                       \
    CI_CLONES static void NAME##_rows(const VOXEL *source, ci_volume_size size, float *destination, ci_volume_size target,         \
                                      const tap *zs, const tap *ys, const tap *xs) {                                               \
        size_t row = (size_t)size.width, plane = row * (size_t)size.height;                                                        \
        for (int32_t z = 0; z < target.depth; z++)                                                                                 \
            for (int32_t y = 0; y < target.height; y++) {                                                                          \
                const VOXEL *a = source + (size_t)zs[z].lower * plane + (size_t)ys[y].lower * row;                                 \
                const VOXEL *b = a + (ys[y].step ? row : 0), *c = a + (zs[z].step ? plane : 0), *d = c + (b - a);                   \
                for (int32_t x = 0; x < target.width; x++) {                                                                       \
                    int32_t i = xs[x].lower, j = i + xs[x].step;                                                                   \
                    float wx = xs[x].weight, wy = ys[y].weight;                                                                    \
                    float near = mix(mix(a[i], a[j], wx), mix(b[i], b[j], wx), wy);                                                \
                    float far = mix(mix(c[i], c[j], wx), mix(d[i], d[j], wx), wy);                                                 \
                    *destination++ = mix(near, far, zs[z].weight);                                                                 \
                }                                                                                                                  \
            }                                                                                                                      \
    }                                                                                                                              \
    ci_status NAME(const VOXEL *source, ci_volume_size size, float *destination, ci_volume_size target, ci_error *error) {         \
        tap *zs = make_taps(size.depth, target.depth), *ys = make_taps(size.height, target.height);                                \
        tap *xs = make_taps(size.width, target.width);                                                                             \
        int complete = zs && ys && xs;                                                                                             \
        if (complete) NAME##_rows(source, size, destination, target, zs, ys, xs);                                                  \
        free(zs);                                                                                                                  \
        free(ys);                                                                                                                  \
        free(xs);                                                                                                                  \
        return complete ? CI_OK : ci_fail(error, CI_NO_MEMORY, "no memory to resize a volume");                                    \
    }

RESIZE(ci_volume_resize_int16, int16_t)
RESIZE(ci_volume_resize_float, float)

/// A voxel, 0 outside.
static inline float voxel(const float *source, ci_volume_size size, int64_t x, int64_t y, int64_t z) {
    if (x < 0 || y < 0 || z < 0 || x >= size.width || y >= size.height || z >= size.depth) return 0;
    return source[((size_t)z * (size_t)size.height + (size_t)y) * (size_t)size.width + (size_t)x];
}

static float sample(const float *source, ci_volume_size size, double x, double y, double z) {
    // Also false for NaN.
    if (!(x > -1 && y > -1 && z > -1 && x < size.width && y < size.height && z < size.depth)) return 0;
    int64_t px = (int64_t)floor(x), py = (int64_t)floor(y), pz = (int64_t)floor(z);
    float wx = (float)(x - (double)px), wy = (float)(y - (double)py), wz = (float)(z - (double)pz);
    if (px >= 0 && py >= 0 && pz >= 0 && px + 1 < size.width && py + 1 < size.height && pz + 1 < size.depth) {
        size_t row = (size_t)size.width, plane = row * (size_t)size.height;
        const float *a = source + (size_t)pz * plane + (size_t)py * row + (size_t)px, *c = a + plane;
        float near = mix(mix(a[0], a[1], wx), mix(a[row], a[row + 1], wx), wy);
        float far = mix(mix(c[0], c[1], wx), mix(c[row], c[row + 1], wx), wy);
        return mix(near, far, wz);
    }
    float planes[2];
    for (int k = 0; k < 2; k++) {
        float upper = mix(voxel(source, size, px, py, pz + k), voxel(source, size, px + 1, py, pz + k), wx);
        float lower = mix(voxel(source, size, px, py + 1, pz + k), voxel(source, size, px + 1, py + 1, pz + k), wx);
        planes[k] = mix(upper, lower, wy);
    }
    return mix(planes[0], planes[1], wz);
}

void ci_volume_warp(const float *source, ci_volume_size size, const double map[12], float *destination) {
    for (int32_t z = 0; z < size.depth; z++)
        for (int32_t y = 0; y < size.height; y++)
            for (int32_t x = 0; x < size.width; x++)
                *destination++ = sample(source, size, map[0] * x + map[1] * y + map[2] * z + map[3],
                                        map[4] * x + map[5] * y + map[6] * z + map[7],
                                        map[8] * x + map[9] * y + map[10] * z + map[11]);
}

static uint64_t next(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

void ci_volume_add_noise(float *voxels, size_t count, uint64_t seed, double deviation) {
    uint64_t state = seed;
    for (size_t i = 0; i < count; i += 2) {
        // (0, 1], so that the logarithm is finite.
        double u = ((double)(next(&state) >> 11) + 1) * 0x1p-53, turn = (double)(next(&state) >> 11) * 0x1p-53 * 6.283185307179586;
        double radius = deviation * sqrt(-2 * log(u));
        voxels[i] += (float)(radius * cos(turn));
        if (i + 1 < count) voxels[i + 1] += (float)(radius * sin(turn));
    }
}

CI_CLONES void ci_volume_window(const float *voxels, size_t count, double low, double high, uint8_t *destination) {
    double range = high - low;
    for (size_t i = 0; i < count; i++) {
        double value = ((double)voxels[i] - low) / range * 255 + 0.5;
        destination[i] = value >= 255 ? 255 : value >= 0 ? (uint8_t)value : 0;
    }
}
