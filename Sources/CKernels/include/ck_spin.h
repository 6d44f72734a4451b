#ifndef CK_SPIN_H
#define CK_SPIN_H

#ifdef __cplusplus
extern "C" {
#endif

// Bounds how long libgomp's threads spin while they wait, by starting this program once more: libgomp reads
// GOMP_SPINCOUNT when it is loaded, before any code here. Keeps process, arguments (argv, ended by NULL) and environment.
// Returns when nothing is to be done, because GOMP_SPINCOUNT or OMP_WAIT_POLICY is set, or nothing can be done. To be
// called first thing in main.
void ck_limit_spinning(char *const *arguments);

#ifdef __cplusplus
}
#endif

#endif
