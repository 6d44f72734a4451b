// The most that this machine multiplies and adds, for `make bench-peers`: loops of independent instructions on registers only.
//
// usage: peak THREADS
// Prints one line of JSON, in 10^9 operations a second (a multiplication and an addition are two): float32, bf16 products added
// in float32, int8 products added in int32. A kind that the processor lacks is null.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { accumulators = 12, repeats = 5 };
static const long iterations = 4000000;

#if defined(__x86_64__)
#define TWELVE(OP) OP(0) OP(1) OP(2) OP(3) OP(4) OP(5) OP(6) OP(7) OP(8) OP(9) OP(10) OP(11)
#define ALL(OP) TWELVE(OP) OP(12) OP(13)
// Twelve chains hide the latency of each; registers 12 and 13 are the factors.
#define LOOP(NAME, CLEAR, STEP)                                                                                     \
  static void NAME(void) {                                                                                          \
    long n = iterations;                                                                                            \
    __asm__ volatile(ALL(CLEAR) "1:\n" TWELVE(STEP) "dec %0\njnz 1b\n"                                              \
                     : "+r"(n)                                                                                      \
                     :                                                                                              \
                     : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",        \
                       "xmm10", "xmm11", "xmm12", "xmm13");                                                         \
  }
#define CLEAR_Y(I) "vpxor %%ymm" #I ", %%ymm" #I ", %%ymm" #I "\n"
#define CLEAR_Z(I) "vpxord %%zmm" #I ", %%zmm" #I ", %%zmm" #I "\n"
#define FMA_Y(I) "vfmadd231ps %%ymm12, %%ymm13, %%ymm" #I "\n"
#define FMA_Z(I) "vfmadd231ps %%zmm12, %%zmm13, %%zmm" #I "\n"
#define BF16_Z(I) "vdpbf16ps %%zmm12, %%zmm13, %%zmm" #I "\n"
#define INT8_Z(I) "vpdpbusd %%zmm12, %%zmm13, %%zmm" #I "\n"
LOOP(fma_y, CLEAR_Y, FMA_Y)
LOOP(fma_z, CLEAR_Z, FMA_Z)
LOOP(bf16_z, CLEAR_Z, BF16_Z)
LOOP(int8_z, CLEAR_Z, INT8_Z)
#endif

typedef struct {
  void (*loop)(void);
  pthread_barrier_t *barrier;
  double seconds;
} worker;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void *work(void *pointer) {
  worker *w = pointer;
  w->seconds = 1e9;
  for (int repeat = 0; repeat < repeats; repeat++) {
    pthread_barrier_wait(w->barrier);
    double start = now();
    w->loop();
    pthread_barrier_wait(w->barrier);
    double seconds = now() - start;
    if (seconds < w->seconds) w->seconds = seconds;
  }
  return NULL;
}

static void measure(const char *name, void (*loop)(void), int operations, int threads, const char *end) {
  if (!loop) {
    printf("\"%s\": null%s", name, end);
    return;
  }
  pthread_barrier_t barrier;
  pthread_t *handles = calloc((size_t)threads, sizeof *handles);
  worker *workers = calloc((size_t)threads, sizeof *workers);
  if (!handles || !workers || pthread_barrier_init(&barrier, NULL, (unsigned)threads)) exit(1);
  for (int i = 0; i < threads; i++) {
    workers[i] = (worker){loop, &barrier, 0};
    if (pthread_create(&handles[i], NULL, work, &workers[i])) exit(1);
  }
  for (int i = 0; i < threads; i++) pthread_join(handles[i], NULL);
  double total = (double)operations * accumulators * (double)iterations * threads;
  printf("\"%s\": %.1f%s", name, total / workers[0].seconds / 1e9, end);
  pthread_barrier_destroy(&barrier);
  free(handles);
  free(workers);
}

int main(int count, char **arguments) {
  int threads = count > 1 ? atoi(arguments[1]) : 1;
  if (threads < 1 || threads > 1024) return 2;
  void (*float32)(void) = NULL, (*bf16)(void) = NULL, (*int8)(void) = NULL;
  int lanes = 8;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("fma")) float32 = fma_y;
  if (__builtin_cpu_supports("avx512f")) float32 = fma_z, lanes = 16;
  if (__builtin_cpu_supports("avx512bf16")) bf16 = bf16_z;
  if (__builtin_cpu_supports("avx512vnni")) int8 = int8_z;
#endif
  printf("{");
  measure("f32", float32, 2 * lanes, threads, ", ");
  measure("bf16", bf16, 64, threads, ", ");
  measure("int8", int8, 128, threads, "}\n");
  return 0;
}
