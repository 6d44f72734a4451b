#ifndef CK_RESAMPLE_H
#define CK_RESAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// One axis of a separable resampling: output i is the sum over k in offsets[i]..<offsets[i + 1] of weights[k] times input
// starts[i] + k - offsets[i], and 0 without any k.
typedef struct ck_resample_axis {
  size_t in, out;
  const int32_t *starts, *offsets;
  const float *weights;
} ck_resample_axis;

// The last axis once more, float by float of a row of positions with few channels: float i is the sum over k in 0..<taps of
// weights[k * out + i] times float starts[i] + k * step. Eight floats from 8 b on read between lows[b] and highs[b].
typedef struct ck_resample_row {
  size_t out, taps, step;
  const int32_t *starts, *lows, *highs;
  const float *weights;
} ck_resample_row;

// Every result is the sum over three axes (absent ones unchanged and of size 1) of products of their weights.
typedef struct ck_resample {
  size_t batch, channels;
  // Values are [N, spatial..., C], else [N, C, spatial...].
  bool channels_last;
  ck_resample_axis axis[3];
  // Used when its `out` is not 0.
  ck_resample_row row;
  // Values are bfloat16, computed in float32; else float32.
  bool is_bf16;
  // Parts of the work that may run at the same time; results do not depend on it.
  size_t lanes;
} ck_resample;

// Bytes of workspace, aligned to 64.
size_t ck_resample_workspace(const ck_resample *plan);
void ck_resample_run(const ck_resample *plan, const void *x, void *y, float *workspace);

typedef enum { CK_GRID_NEAREST, CK_GRID_LINEAR, CK_GRID_CUBIC } ck_grid_mode;
typedef enum { CK_GRID_ZEROS, CK_GRID_BORDER, CK_GRID_REFLECTION } ck_grid_padding;

// x [batch, channels, in] read at `points` places per image; absent spatial axes are leading ones of size 1.
typedef struct ck_grid_sample {
  size_t batch, channels, points, rank;
  size_t in[3];
  ck_grid_mode mode;
  ck_grid_padding padding;
  bool align_corners;
} ck_grid_sample;

// y [batch, channels, points]; grid [batch, points, rank], the last axis' coordinate first. No size is 0 or above 2^24.
void ck_grid_sample_run(const ck_grid_sample *spec, const float *x, const float *grid, float *y);

#ifdef __cplusplus
}
#endif

#endif
