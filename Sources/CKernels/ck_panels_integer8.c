#if defined(__x86_64__)

#define PRECISION CK_INTEGER8
#define TARGET __attribute__((target("arch=x86-64-v4,avx512vnni"), min_vector_width(512)))
#define LANES ck_panels_lanes_integer8
#define SUM __m512i
#define ZERO_SUM _mm512_setzero_si512()
#define STEP(sum, x, w) _mm512_dpbusd_epi32(sum, x, w)
#define INTEGER_SUMS

#include "ck_panels_body.h"

#endif
