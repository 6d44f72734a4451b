#include "internal.h"

#include <math.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

void ci_orient(const uint8_t *source, ci_size size, int orientation, uint8_t *destination) {
    ptrdiff_t w = size.width, h = size.height, start = 0, right = 3, below = w * 3;
    // Where the output's first pixel lies in the source, and the steps for one pixel right and one down.
    switch (orientation) {
    case 2: start = (w - 1) * 3, right = -3; break;
    case 3: start = (h * w - 1) * 3, right = -3, below = -w * 3; break;
    case 4: start = (h - 1) * w * 3, below = -w * 3; break;
    case 5: right = w * 3, below = 3; break;
    case 6: start = (h - 1) * w * 3, right = -w * 3, below = 3; break;
    case 7: start = (h * w - 1) * 3, right = -w * 3, below = -3; break;
    case 8: start = (w - 1) * 3, right = w * 3, below = -3; break;
    default: break;
    }
    ptrdiff_t width = orientation >= 5 ? h : w, height = orientation >= 5 ? w : h;
    enum { TILE = 32 };
    for (ptrdiff_t y0 = 0; y0 < height; y0 += TILE)
        for (ptrdiff_t x0 = 0; x0 < width; x0 += TILE)
            for (ptrdiff_t y = y0; y < height && y < y0 + TILE; y++) {
                const uint8_t *p = source + start + y * below + x0 * right;
                uint8_t *q = destination + (y * width + x0) * 3;
                for (ptrdiff_t x = x0; x < width && x < x0 + TILE; x++, p += right, q += 3) {
                    q[0] = p[0];
                    q[1] = p[1];
                    q[2] = p[2];
                }
            }
}

ci_affine ci_affine_make(ci_size size, double degrees, double scale, double dx, double dy) {
    double radians = degrees * 3.14159265358979323846 / 180, cx = (size.width - 1) * 0.5, cy = (size.height - 1) * 0.5;
    double cosine = cos(radians) / scale, sine = sin(radians) / scale;
    // Rows run downwards, so counter-clockwise on screen is this sign of the sine.
    return (ci_affine){
        .a = cosine, .b = -sine, .c = cx - cosine * (cx + dx) + sine * (cy + dy),
        .d = sine, .e = cosine, .f = cy - sine * (cx + dx) - cosine * (cy + dy),
    };
}

/// Mirror about the edge pixels: -1 is 1, n is n - 2.
static inline int64_t mirror(int64_t i, int64_t n) {
    if (n == 1) return 0;
    int64_t period = 2 * (n - 1), r = i % period;
    if (r < 0) r += period;
    return r < n ? r : period - r;
}

static inline void blend(const uint8_t *a, const uint8_t *b, const uint8_t *c, const uint8_t *d, int fx, int fy, uint8_t *out) {
    for (int i = 0; i < 3; i++) {
        int top = a[i] * (256 - fx) + b[i] * fx, bottom = c[i] * (256 - fx) + d[i] * fx;
        out[i] = (uint8_t)((top * (256 - fy) + bottom * fy + 32768) >> 16);
    }
}

/// A pixel whose neighbours may lie outside.
static void edge_pixel(const uint8_t *source, ci_size size, int64_t x, int64_t y, int fx, int fy, int reflect, uint8_t *out) {
    static const uint8_t black[3] = {0, 0, 0};
    const uint8_t *p[4];
    for (int i = 0; i < 4; i++) {
        int64_t px = x + (i & 1), py = y + (i >> 1);
        if (reflect) {
            px = mirror(px, size.width);
            py = mirror(py, size.height);
        }
        int inside = px >= 0 && py >= 0 && px < size.width && py < size.height;
        p[i] = inside ? source + (py * size.width + px) * 3 : black;
    }
    blend(p[0], p[1], p[2], p[3], fx, fy, out);
}

void ci_warp(const uint8_t *source, ci_size size, const ci_affine *map, int reflect, uint8_t *destination) {
    // 32 fractional bits for coordinates, of which the top 8 weigh the neighbours: integers only, so the same everywhere.
    const double one = 4294967296.0;
    int64_t a = llrint(map->a * one), d = llrint(map->d * one);
    size_t stride = (size_t)size.width * 3;
    for (int32_t y = 0; y < size.height; y++) {
        int64_t sx = llrint((map->b * y + map->c) * one) + (1 << 23), sy = llrint((map->e * y + map->f) * one) + (1 << 23);
        uint8_t *out = destination + (size_t)y * stride;
        for (int32_t x = 0; x < size.width; x++, sx += a, sy += d, out += 3) {
            int64_t px = sx >> 32, py = sy >> 32;
            int fx = (int)(sx >> 24 & 255), fy = (int)(sy >> 24 & 255);
            if (px >= 0 && py >= 0 && px + 1 < size.width && py + 1 < size.height) {
                const uint8_t *p = source + (size_t)py * stride + (size_t)px * 3;
                blend(p, p + 3, p + stride, p + stride + 3, fx, fy, out);
            } else {
                edge_pixel(source, size, px, py, fx, fy, reflect, out);
            }
        }
    }
}

void ci_warp_nearest(const uint8_t *source, ci_size size, const ci_affine *map, int reflect, uint8_t *destination) {
    const double one = 4294967296.0;
    int64_t a = llrint(map->a * one), d = llrint(map->d * one), half = (int64_t)1 << 31;
    for (int32_t y = 0; y < size.height; y++) {
        int64_t sx = llrint((map->b * y + map->c) * one) + half, sy = llrint((map->e * y + map->f) * one) + half;
        for (int32_t x = 0; x < size.width; x++, sx += a, sy += d, destination += 3) {
            int64_t px = sx >> 32, py = sy >> 32;
            if (reflect) {
                px = mirror(px, size.width);
                py = mirror(py, size.height);
            }
            if (px >= 0 && py >= 0 && px < size.width && py < size.height)
                memcpy(destination, source + (py * size.width + px) * 3, 3);
            else
                memset(destination, 0, 3);
        }
    }
}

void ci_cell_brightness(const uint8_t *rgb, ci_size size, int cell, uint8_t *cells) {
    int step = cell > 4 ? (cell + 3) / 4 : 1;
    for (int32_t y0 = 0; y0 < size.height; y0 += cell)
        for (int32_t x0 = 0; x0 < size.width; x0 += cell) {
            int sum = 0, count = 0;
            for (int32_t y = y0; y < y0 + cell && y < size.height; y += step)
                for (int32_t x = x0; x < x0 + cell && x < size.width; x += step) {
                    const uint8_t *p = rgb + ((size_t)y * (size_t)size.width + (size_t)x) * 3;
                    int v = p[0] > p[1] ? p[0] : p[1];
                    sum += v > p[2] ? v : p[2];
                    count++;
                }
            *cells++ = (uint8_t)((sum + count / 2) / count);
        }
}
