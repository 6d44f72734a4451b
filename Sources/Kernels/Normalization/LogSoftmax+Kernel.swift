import CKernels
package import Graph

extension LogSoftmax: Executable {
    package static var implementations: [Implementation<LogSoftmax>] {
        [
            Implementation("rows") { (op, problem) in
                guard problem.isFloat32 else { return nil }
                let shape = AxisShape(problem.input(0), axis: op.axis)
                return ClosureKernel(inPlaceInputs: [0]) { (call) throws(KernelError) in
                    try check(Self.schema.name) {
                        ck_log_softmax(call.input(0), call.output(0), shape.outer, shape.count, shape.inner)
                    }
                }
            },
            Self.reference(logarithm: true),
        ]
    }
}
