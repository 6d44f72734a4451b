import CKernels

/// Bounds how long threads that wait for each other spin, so that computing does not become slower by far where other
/// programs take the cores. Starts the program once more, with its process, arguments and environment, and returns there;
/// does nothing where `GOMP_SPINCOUNT` or `OMP_WAIT_POLICY` is set.
///
/// To be called first in `main`.
package func limitSpinning() {
    ck_limit_spinning(CommandLine.unsafeArgv)
}
