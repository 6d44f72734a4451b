import CKernels
package import Graph

extension MaxPool: Executable {
    package static let implementations: [Implementation<MaxPool>] = [
        Implementation("direct") { op, problem in
            let pooling = op.problem(x: problem.input(0).shape, y: problem.outputs[0].shape)
            return ClosureKernel { call in
                withUnsafePointer(to: pooling.spec) { ck_max_pool($0, call.input(0), call.output(0)) }
            }
        },
        Implementation("reference") { op, problem in
            let pooling = op.problem(x: problem.input(0).shape, y: problem.outputs[0].shape)
            return ClosureKernel { call in
                let x = call.input(0)
                let y = call.output(0)
                pooling.eachWindow { place, taps, _ in
                    y[place] = taps.reduce(-Float.infinity) { x[$1] > $0 || x[$1].isNaN ? x[$1] : $0 }
                }
            }
        },
    ]

    /// The sizes of the problem.
    package func problem(x: [Int], y: [Int]) -> PoolingProblem {
        PoolingProblem(kernel: self.kernel, window: self.window, layout: self.layout, x: x, y: y)
    }
}
