#if defined(__x86_64__)

#define PRECISION CK_FLOAT32
#define TARGET __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#define LANES ck_winograd_lanes_float32
#define SUM __m512
#define ZERO_SUM _mm512_setzero_ps()
#define STEP(sum, x, w) _mm512_fmadd_ps(_mm512_castsi512_ps(x), _mm512_castsi512_ps(w), sum)

#include "ck_winograd_body.h"

#endif
