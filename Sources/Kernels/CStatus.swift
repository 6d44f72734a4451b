package import CKernels

/// Turns a status of the C side into an error that names `subject`; the one door from C.
package func check(_ subject: String, _ call: () -> ck_status) throws(KernelError) {
    let status = call()
    guard status != CK_OK else { return }
    let message = String(cString: ck_last_error())
    switch status {
    case CK_UNSUPPORTED: throw KernelError(.unsupported, subject, message)
    case CK_OUT_OF_MEMORY: throw KernelError(.outOfMemory, subject, message)
    default: throw KernelError(.library, subject, message)
    }
}
