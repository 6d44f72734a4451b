import CKernels
package import Graph
package import Kernels

extension GradientNorm: Executable {
    package static var implementations: [Implementation<GradientNorm>] {
        [
            Implementation("rows") { (_, problem) in
                let counts = problem.inputs.map { $0?.elementCount ?? 0 }
                let pieces = counts.map { ck_sum_squares_pieces($0) }
                let all = pieces.reduce(0, +)
                return ClosureKernel(workspaceByteCount: all * MemoryLayout<Double>.size) { (call) throws(KernelError) in
                    guard let sums = call.workspace?.assumingMemoryBound(to: Double.self) else {
                        preconditionFailure("no workspace")
                    }
                    var next = sums
                    for index in counts.indices {
                        try check(Self.schema.name) { ck_sum_squares(call.input(index), counts[index], next) }
                        next += pieces[index]
                    }
                    var sum = 0.0
                    for index in 0..<all { sum += sums[index] }
                    let norm: UnsafeMutablePointer<Float> = call.output(0)
                    norm[0] = Float(sum.squareRoot())
                }
            },
            Implementation("reference") { (_, problem) in
                let counts = problem.inputs.map { $0?.elementCount ?? 0 }
                return ClosureKernel { (call) in
                    var sum = 0.0
                    for index in counts.indices {
                        let g: UnsafePointer<Float> = call.input(index)
                        for i in 0..<counts[index] { sum += Double(g[i]) * Double(g[i]) }
                    }
                    let norm: UnsafeMutablePointer<Float> = call.output(0)
                    norm[0] = Float(sum.squareRoot())
                }
            },
        ]
    }
}
