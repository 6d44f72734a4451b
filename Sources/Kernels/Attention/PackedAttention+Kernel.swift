import CKernels
package import Graph

extension PackedAttention: Executable {
    package static var implementations: [Implementation<PackedAttention>] {
        [
            Implementation("tiled") { (op, problem) in
                guard problem.input(0).dataType != .bfloat16 || ck_bf16_available() else { return nil }
                let shape = AttentionShape(op, qkv: problem.input(0))
                return AttentionKernel.tiled(shape, maskInput: 1, threads: problem.threads, subject: op.name)
            },
            Implementation("reference") { (op, problem) in
                AttentionKernel.reference(AttentionShape(op, qkv: problem.input(0)), maskInput: 1)
            },
        ]
    }
}
