#ifndef CK_RESAMPLE_H
#define CK_RESAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// One axis of a separable resampling: output i is the sum over k in offsets[i]..<offsets[i + 1] of weights[k] times input
// starts[i] + k - offsets[i], and 0 without any k. The starts of outputs with weights never fall.
typedef struct ck_resample_axis {
  size_t in, out;
  const int32_t *starts, *offsets;
  const float *weights;
} ck_resample_axis;

// Every result is the sum over three axes (absent ones unchanged and of size 1) of products of their weights.
typedef struct ck_resample {
  size_t batch, channels;
  // Values are [N, spatial..., C], else [N, C, spatial...].
  bool channels_last;
  ck_resample_axis axis[3];
  // Parts of the work that may run at the same time; results do not depend on it.
  size_t lanes;
} ck_resample;

// Bytes of workspace, aligned to 64.
size_t ck_resample_workspace(const ck_resample *plan);
void ck_resample_run(const ck_resample *plan, const float *x, float *y, float *workspace);

#ifdef __cplusplus
}
#endif

#endif
