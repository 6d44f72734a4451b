import CKernels

/// Sets the size of the calling thread's OpenMP team, which every kernel uses.
package func setThreadCount(_ count: Int) {
    ck_set_threads(Int32(clamping: count))
}

/// Whether this CPU multiplies bfloat16 numbers.
package func computesInBFloat16() -> Bool { ck_bf16_available() }
