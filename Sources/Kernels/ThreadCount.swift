import CKernels

/// Sets the size of the calling thread's OpenMP team, which every kernel uses.
package func setThreadCount(_ count: Int) {
    ck_set_threads(Int32(clamping: count))
}

/// Whether this CPU has the instructions of packed convolutions in float32.
package func packsConvolutions() -> Bool { ck_panels_available(CK_FLOAT32) }

/// Whether this CPU multiplies bfloat16 numbers.
package func computesInBFloat16() -> Bool { ck_bf16_available() }
