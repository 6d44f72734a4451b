#if canImport(Glibc)
    import Glibc
#endif
import CKernels
package import Graph
package import Kernels

extension LogSoftmaxGradient: Executable {
    package static var implementations: [Implementation<LogSoftmaxGradient>] {
        [
            Implementation("rows") { (op, problem) in
                let shape = AxisShape(problem.input(0), axis: op.forward.axis)
                return ClosureKernel(inPlaceInputs: [1, 0]) { (call) throws(KernelError) in
                    try check(Self.schema.name) {
                        ck_log_softmax_gradient(
                            call.input(0), call.input(1), call.output(0), shape.outer, shape.count, shape.inner)
                    }
                }
            },
            Implementation("reference") { (op, problem) in
                let shape = AxisShape(problem.input(0), axis: op.forward.axis)
                return ClosureKernel { (call) in
                    let y: UnsafePointer<Float> = call.input(0)
                    let dy: UnsafePointer<Float> = call.input(1)
                    let dx: UnsafeMutablePointer<Float> = call.output(0)
                    shape.forEachRow { begin in
                        var sum = 0.0
                        for i in 0..<shape.count {
                            let at = begin + i * shape.inner
                            sum += Double(dy[at])
                        }
                        for i in 0..<shape.count {
                            let at = begin + i * shape.inner
                            dx[at] = Float(Double(dy[at]) - exp(Double(y[at])) * sum)
                        }
                    }
                }
            },
        ]
    }
}
