import CKernels
package import Graph
package import Kernels

extension MaxPoolGradient: Executable {
    package static let implementations: [Implementation<MaxPoolGradient>] = [
        Implementation("direct") { op, problem in
            let pooling = op.pool.problem(x: problem.input(0).shape, y: problem.input(1).shape)
            // The kernel keeps places in 32 bits.
            guard pooling.input.reduce(1, *) <= Int(UInt32.max) else { return nil }
            return ClosureKernel { call in
                withUnsafePointer(to: pooling.spec) { ck_max_pool_gradient($0, call.input(0), call.input(1), call.output(0)) }
            }
        },
        Implementation("reference") { op, problem in
            let pooling = op.pool.problem(x: problem.input(0).shape, y: problem.input(1).shape)
            let count = problem.outputs[0].elementCount
            return ClosureKernel { call in
                let (x, dy, dx) = (call.input(0), call.input(1), call.output(0))
                for place in 0..<count { dx[place] = 0 }
                pooling.eachWindow { place, taps, _ in
                    guard var best = taps.first else { return }
                    for tap in taps where x[tap] > x[best] || (x[tap].isNaN && !x[best].isNaN) { best = tap }
                    dx[best] += dy[place]
                }
            }
        },
    ]
}
