package import Graph
package import Kernels

extension ClipFactor: Executable {
    package static var implementations: [Implementation<ClipFactor>] {
        [
            Implementation("reference") { (op, _) in
                ClosureKernel { (call) in
                    let norm: UnsafePointer<Float> = call.input(0)
                    let hyper: UnsafePointer<Float>? = call.optionalInput(1)
                    let applied = Double(norm[0]) * Double(hyper?[3] ?? 1)
                    let clip: UnsafeMutablePointer<Float> = call.output(0)
                    clip[0] = applied.isFinite ? Float(min(1, Double(op.maxNorm) / (applied + 1e-6))) : .nan
                }
            }
        ]
    }
}
