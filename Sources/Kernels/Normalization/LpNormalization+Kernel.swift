import CKernels
package import Graph

extension LpNormalization: Executable {
    package static let implementations: [Implementation<LpNormalization>] = [
        Implementation("rows") { op, problem in
            let shape = AxisShape(problem.input(0), axis: op.axis)
            return ClosureKernel(inPlaceInputs: [0]) { call in
                ck_lp_normalization(
                    call.input(0), call.output(0), shape.outer, shape.count, shape.inner, Int32(op.norm.rawValue), op.epsilon)
            }
        },
        Implementation("reference") { op, problem in
            let shape = AxisShape(problem.input(0), axis: op.axis)
            return ClosureKernel { call in
                let (x, y) = (call.input(0), call.output(0))
                shape.forEachRow { begin in
                    var sum = 0.0
                    for i in 0..<shape.count {
                        let value = Double(x[begin + i * shape.inner])
                        sum += op.norm == .l1 ? abs(value) : value * value
                    }
                    let norm = op.norm == .l1 ? sum : sum.squareRoot()
                    // Not max: a norm that is no number stays none.
                    let divisor = norm < Double(op.epsilon) ? Double(op.epsilon) : norm
                    for i in 0..<shape.count {
                        let place = begin + i * shape.inner
                        y[place] = Float(Double(x[place]) / divisor)
                    }
                }
            }
        },
    ]
}
