import CKernels
package import Graph

extension Softmax: Executable {
    package static var implementations: [Implementation<Softmax>] {
        [
            Implementation("rows") { (op, problem) in
                guard problem.isFloat32 else { return nil }
                let shape = AxisShape(problem.input(0), axis: op.axis)
                return ClosureKernel(inPlaceInputs: [0]) { (call) throws(KernelError) in
                    try check(Self.schema.name) {
                        ck_softmax(call.input(0), call.output(0), shape.outer, shape.count, shape.inner)
                    }
                }
            },
            Self.reference(logarithm: false),
        ]
    }
}
