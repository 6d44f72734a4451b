package import Graph
package import Kernels

extension PackedAttentionGradient: Executable {
    package static var implementations: [Implementation<PackedAttentionGradient>] {
        [
            Implementation("tiled") { (op, problem) in
                let shape = AttentionShape(op.forward, qkv: problem.input(0))
                return AttentionGradientKernel.tiled(shape, threads: problem.threads, subject: op.name)
            },
            Implementation("reference") { (op, problem) in
                AttentionGradientKernel.reference(AttentionShape(op.forward, qkv: problem.input(0)))
            },
        ]
    }
}
