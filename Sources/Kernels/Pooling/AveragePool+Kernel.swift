import CKernels
package import Graph

extension AveragePool: Executable {
    package static let implementations: [Implementation<AveragePool>] = [
        Implementation("direct") { op, problem in
            guard let isNarrow = problem.isNarrowPooling(op.layout) else { return nil }
            let pooling = op.problem(x: problem.input(0).shape, y: problem.outputs[0].shape)
            return ClosureKernel { call in
                withUnsafePointer(to: pooling.spec) {
                    if isNarrow {
                        ck_average_pool_bf16($0, call.input(0, as: UInt16.self), call.output(0, as: UInt16.self))
                    } else {
                        ck_average_pool($0, call.input(0), call.output(0))
                    }
                }
            }
        },
        Implementation("reference") { op, problem in
            let pooling = op.problem(x: problem.input(0).shape, y: problem.outputs[0].shape)
            let access = ElementAccess(problem.input(0).dataType)
            return ClosureKernel { call in
                let x = call.bytes(0)
                pooling.eachWindow { place, taps, count in
                    let sum = taps.reduce(0.0) { $0 + access.double(x, $1) }
                    access.store(sum / Double(count), call.outputBytes(0), place)
                }
            }
        },
    ]

    /// The sizes of the problem.
    package func problem(x: [Int], y: [Int]) -> PoolingProblem {
        PoolingProblem(
            kernel: self.kernel, window: self.window, layout: self.layout, x: x, y: y, countIncludePad: self.countIncludePad)
    }
}
