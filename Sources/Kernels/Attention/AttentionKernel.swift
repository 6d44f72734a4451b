import CKernels

/// The two ways to compute attention, for either arrangement of its operands.
enum AttentionKernel {
    /// Blocks of queries, scores in the workspace only.
    static func tiled(_ attention: AttentionShape, maskInput: Int, threads: Int, subject: String) -> any Kernel {
        let bytes = withUnsafePointer(to: attention.shape) { ck_attention_workspace($0, threads) }
        return ClosureKernel(workspaceByteCount: bytes) { (call) throws(KernelError) in
            let operands = attention.allOperands(call, maskInput: maskInput)
            try check(subject) {
                withUnsafePointer(to: attention.shape) { shape in
                    withUnsafePointer(to: operands) { ck_attention_forward(shape, $0, call.workspace, threads) }
                }
            }
        }
    }

    static func reference(_ attention: AttentionShape, maskInput: Int) -> any Kernel {
        ClosureKernel(workspaceByteCount: attention.shape.keys * MemoryLayout<Double>.size) { (call) in
            guard let workspace = call.workspace else { preconditionFailure("no workspace") }
            AttentionReference(attention.shape, attention.allOperands(call, maskInput: maskInput))
                .forward(workspace: workspace.assumingMemoryBound(to: Double.self))
        }
    }
}
