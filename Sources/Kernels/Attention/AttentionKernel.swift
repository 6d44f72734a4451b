import CKernels

/// The two ways to compute attention, for either arrangement of its operands.
enum AttentionKernel {
    /// Blocks of queries, scores in the workspace only.
    static func tiled(_ attention: AttentionShape, maskInput: Int, threads: Int, subject: String) -> any Kernel {
        let bytes = withUnsafePointer(to: attention.shape) { ck_attention_workspace($0, threads) }
        return ClosureKernel(workspaceByteCount: bytes) { (call) throws(KernelError) in
            let operands = attention.operands(call)
            try check(subject) {
                withUnsafePointer(to: attention.shape) { shape in
                    ck_attention_forward(
                        shape, operands.q, operands.k, operands.v, call.optionalInput(maskInput), call.output(0), call.workspace,
                        threads)
                }
            }
        }
    }

    static func reference(_ attention: AttentionShape, maskInput: Int) -> any Kernel {
        ClosureKernel(workspaceByteCount: attention.shape.keys * MemoryLayout<Double>.size) { (call) in
            guard let workspace = call.workspace else { preconditionFailure("no workspace") }
            let operands = attention.operands(call)
            AttentionReference(
                attention.shape, q: operands.q, k: operands.k, v: operands.v, mask: call.optionalInput(maskInput)
            ).forward(into: call.output(0), workspace: workspace.assumingMemoryBound(to: Double.self))
        }
    }
}
