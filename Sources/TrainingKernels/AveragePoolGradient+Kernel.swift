import CKernels
package import Graph
package import Kernels

extension AveragePoolGradient: Executable {
    package static let implementations: [Implementation<AveragePoolGradient>] = [
        Implementation("direct") { op, problem in
            let pooling = op.pool.problem(x: op.inputShape, y: problem.input(0).shape)
            return ClosureKernel { call in
                withUnsafePointer(to: pooling.spec) { ck_average_pool_gradient($0, call.input(0), call.output(0)) }
            }
        },
        Implementation("reference") { op, problem in
            let pooling = op.pool.problem(x: op.inputShape, y: problem.input(0).shape)
            let count = problem.outputs[0].elementCount
            return ClosureKernel(workspaceByteCount: count * MemoryLayout<Double>.stride) { call in
                let (dy, dx) = (call.input(0), call.output(0))
                guard let sums = call.workspace?.assumingMemoryBound(to: Double.self) else { return }
                for place in 0..<count { sums[place] = 0 }
                pooling.eachWindow { place, taps, size in
                    for tap in taps { sums[tap] += Double(dy[place]) / Double(size) }
                }
                for place in 0..<count { dx[place] = Float(sums[place]) }
            }
        },
    ]
}
