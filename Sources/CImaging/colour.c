#include "internal.h"

#pragma STDC FP_CONTRACT OFF

/// ITU-R 601 luma with 16 fractional bits.
static inline int luma(const uint8_t *p) { return (19595 * p[0] + 38470 * p[1] + 7471 * p[2] + 0x8000) >> 16; }

/// base + factor * (value - base), cut to 0...255 and truncated.
static inline uint8_t mix(int base, int value, float factor) {
    float v = (float)base + factor * (float)(value - base);
    v = v < 0.0f ? 0.0f : v;
    return (uint8_t)(int)(v > 255.0f ? 255.0f : v);
}

static void mix_table(uint8_t *rgb, size_t bytes, int base, float factor) {
    uint8_t table[256];
    for (int v = 0; v < 256; v++) table[v] = mix(base, v, factor);
    for (size_t i = 0; i < bytes; i++) rgb[i] = table[rgb[i]];
}

void ci_brightness(uint8_t *rgb, size_t pixels, float factor) { mix_table(rgb, pixels * 3, 0, factor); }

void ci_contrast(uint8_t *rgb, size_t pixels, float factor) {
    if (pixels == 0) return;
    uint64_t sum = 0;
    for (size_t i = 0; i < pixels; i++) sum += (uint64_t)luma(rgb + 3 * i);
    mix_table(rgb, pixels * 3, (int)((double)sum / (double)pixels + 0.5), factor);
}

CI_CLONES void ci_saturation(uint8_t *rgb, size_t pixels, float factor) {
    for (size_t i = 0; i < pixels; i++) {
        uint8_t *p = rgb + 3 * i;
        int grey = luma(p);
        for (int c = 0; c < 3; c++) p[c] = mix(grey, p[c], factor);
    }
}

static inline float larger(float a, float b) { return a > b ? a : b; }
static inline float smaller(float a, float b) { return a < b ? a : b; }

/// Through 8-bit hue, saturation and value, as Pillow's HSV mode; written without branches so that it vectorises.
CI_CLONES void ci_hue(uint8_t *rgb, size_t pixels, uint8_t shift) {
    for (size_t i = 0; i < pixels; i++) {
        uint8_t *p = rgb + 3 * i;
        float r = p[0], g = p[1], b = p[2];
        float high = larger(r, larger(g, b)), low = smaller(r, smaller(g, b)), range = high - low;
        float divisor = larger(range, 1.0f);
        float rc = (high - r) / divisor, gc = (high - g) / divisor, bc = (high - b) / divisor;
        float h = r == high ? bc - gc : (float)(g == high ? 2.0 + rc - bc : 4.0 + gc - rc);
        double whole = h / 6.0 + 1.0;
        h = (float)(whole >= 1.0 ? whole - 1.0 : whole);
        int hue = range > 0 ? (int)(h * 255.0) : 0;
        int saturation = (int)(range / larger(high, 1.0f) * 255.0);
        float turn = (float)(((hue + shift) & 255) * 6.0 / 255.0), s = (float)(saturation / 255.0);
        int sector = (int)turn;
        float part = turn - (float)sector;
        double lowest = high * (1.0 - s) + 0.5, falling = high * (1.0 - s * part) + 0.5;
        double rising = high * (1.0 - s * (1.0 - part)) + 0.5, top = high + 0.5;
        sector = sector == 6 ? 0 : sector;
        double red = sector == 0 || sector == 5 ? top : sector == 1 ? falling : sector == 4 ? rising : lowest;
        double green = sector == 1 || sector == 2 ? top : sector == 0 ? rising : sector == 3 ? falling : lowest;
        double blue = sector == 3 || sector == 4 ? top : sector == 2 ? rising : sector == 5 ? falling : lowest;
        p[0] = (uint8_t)(int)red;
        p[1] = (uint8_t)(int)green;
        p[2] = (uint8_t)(int)blue;
    }
}

void ci_planes(const uint8_t *rgb, size_t pixels, const float *tables, float *destination) {
    float *red = destination, *green = red + pixels, *blue = green + pixels;
    for (size_t i = 0; i < pixels; i++, rgb += 3) {
        red[i] = tables[rgb[0]];
        green[i] = tables[256 + rgb[1]];
        blue[i] = tables[512 + rgb[2]];
    }
}
