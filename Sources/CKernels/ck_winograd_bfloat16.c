#if defined(__x86_64__)

#define PRECISION CK_BFLOAT16
#define TARGET __attribute__((target("arch=x86-64-v4,avx512bf16"), min_vector_width(512)))
#define LANES ck_winograd_lanes_bfloat16
#define SUM __m512
#define ZERO_SUM _mm512_setzero_ps()
#define STEP(sum, x, w) _mm512_dpbf16_ps(sum, (__m512bh)(x), (__m512bh)(w))
#define ROUND_ONE(value) ((__m256i)_mm512_cvtneps_pbh(value))

#include "ck_winograd_body.h"

#endif
