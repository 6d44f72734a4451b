#include "ck_resample.h"
#include "ck_rows_simd.h"
#include "ck_threads.h"

// Points are worked on in runs of this many: where they read and with what weights is worked out once for all channels.
enum { POINTS = 32, TAPS = 64 };

typedef struct {
  const ck_grid_sample *spec;
  const float *x, *grid;
  float *y;
} job;

typedef struct {
  size_t count;
  // Of every tap and point: the element of a plane, below 0 for zero, and its weight.
  int64_t places[TAPS][POINTS];
  float weights[TAPS][POINTS];
} table;

// A place brought inside as the padding says.
static float held(const ck_grid_sample *s, float place, float last) {
  if (s->padding == CK_GRID_ZEROS) return place;
  if (s->padding == CK_GRID_BORDER) return fminf(fmaxf(place, 0), last);
  float low = s->align_corners ? 0 : -0.5f, high = s->align_corners ? last : last + 0.5f;
  if (!(place < low || place > high)) return place;
  if (!(high > low)) return low;
  float distance = place < low ? low - place : place - high;
  float turns = truncf(distance / (high - low)), rest = distance - turns * (high - low);
  int is_even = fmodf(turns, 2) == 0;
  return (place < low) == is_even ? low + rest : high - rest;
}

// The elements along one axis that go into a result, with -1 for zero, and their weights; returns how many.
static int axis_taps(const ck_grid_sample *s, float coordinate, size_t size, int64_t *places, float *weights) {
  float last = (float)(size - 1);
  float place = s->align_corners ? (coordinate + 1) / 2 * last : ((coordinate + 1) * (float)size - 1) / 2;
  if (isnan(place)) place = s->padding == CK_GRID_ZEROS ? -8 : 0;
  place = fminf(fmaxf(place, -0x1p30f), 0x1p30f);
  if (s->mode == CK_GRID_NEAREST) place = rintf(place);
  place = held(s, place, last);
  float low = floorf(place), rest = place - low, a = -0.75f;
  int count = s->mode == CK_GRID_NEAREST ? 1 : s->mode == CK_GRID_LINEAR ? 2 : 4, first = count == 4 ? -1 : 0;
  for (int k = 0; k < count; k++) {
    float index = held(s, low + (float)(first + k), last);
    places[k] = index >= 0 && index <= last ? (int64_t)index : -1;
    float t = fabsf(rest - (float)(first + k));
    if (count == 1) weights[k] = 1;
    else if (count == 2) weights[k] = k == 0 ? 1 - rest : rest;
    else weights[k] = t <= 1 ? ((a + 2) * t - (a + 3)) * t * t + 1 : ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
  }
  return count;
}

// Where point p of the run reads: the products of the axes' taps.
static void locate(const ck_grid_sample *s, const float *coordinates, table *t, size_t p) {
  int64_t places[3][4];
  float weights[3][4];
  int count = 1;
  for (size_t axis = 0; axis < 3; axis++) {
    size_t absent = 3 - s->rank;
    if (axis < absent) continue;
    count = axis_taps(s, coordinates[2 - axis], s->in[axis], places[axis], weights[axis]);
  }
  t->count = 1;
  t->places[0][p] = 0;
  t->weights[0][p] = 1;
  for (size_t axis = 3 - s->rank; axis < 3; axis++) {
    // From the last tap back, so that what is read is not yet written over.
    for (size_t old = t->count; old-- > 0;)
      for (size_t k = (size_t)count; k-- > 0;) {
        int64_t place = t->places[old][p];
        int64_t next = place < 0 || places[axis][k] < 0 ? -1 : place * (int64_t)s->in[axis] + places[axis][k];
        float weight = t->weights[old][p] * weights[axis][k];
        t->places[old * (size_t)count + k][p] = next;
        t->weights[old * (size_t)count + k][p] = weight;
      }
    t->count *= (size_t)count;
  }
}

CK_CLONES static void add_up(const table *t, const float *x, float *y, size_t points) {
  float sums[POINTS] = {0};
  for (size_t tap = 0; tap < t->count; tap++)
    for (size_t p = 0; p < points; p++) {
      int64_t place = t->places[tap][p];
      sums[p] += place < 0 ? 0 : t->weights[tap][p] * x[place];
    }
  for (size_t p = 0; p < points; p++) y[p] = sums[p];
}

static void share(void *context, size_t begin, size_t end) {
  const job *j = context;
  const ck_grid_sample *s = j->spec;
  size_t runs = (s->points + POINTS - 1) / POINTS, area = s->in[0] * s->in[1] * s->in[2];
  table t;
  for (size_t index = begin; index < end; index++) {
    size_t n = index / runs, first = index % runs * POINTS;
    size_t count = s->points - first < POINTS ? s->points - first : POINTS;
    for (size_t p = 0; p < count; p++) locate(s, j->grid + (n * s->points + first + p) * s->rank, &t, p);
    for (size_t c = n * s->channels; c < (n + 1) * s->channels; c++)
      add_up(&t, j->x + c * area, j->y + c * s->points + first, count);
  }
}

void ck_grid_sample_run(const ck_grid_sample *spec, const float *x, const float *grid, float *y) {
  job j = {spec, x, grid, y};
  ck_parallel_for(spec->batch * ((spec->points + POINTS - 1) / POINTS), 1, share, &j);
}
