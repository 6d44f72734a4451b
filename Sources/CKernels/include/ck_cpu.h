#ifndef CK_CPU_H
#define CK_CPU_H

#ifdef __cplusplus
extern "C" {
#endif

// The newest level of x86-64 (psABI: 1, 3 with AVX2 and FMA, 4 with AVX-512) that both this CPU and the limit allow.
// Kernels choose their variant by it; those that the compiler cloned (target_clones) choose by the CPU alone.
int ck_cpu_level(void);

// Lowers the level for the calling thread, for tests and measurements of the variants for older CPUs; 4 lifts the limit.
// Threads of its team keep theirs: run with one thread to see one variant only.
void ck_limit_cpu_level(int level);

#ifdef __cplusplus
}
#endif

#endif
