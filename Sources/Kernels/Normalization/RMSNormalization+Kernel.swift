import CKernels
package import Graph

extension RMSNormalization: Executable {
    package static let implementations: [Implementation<RMSNormalization>] = [
        Implementation("rows") { op, problem in
            guard problem.isFloat32 else { return nil }
            let rows = RowShape(problem.input(0), row: problem.input(1))
            let epsilon = op.epsilon
            return ClosureKernel(inPlaceInputs: [0]) { call in
                ck_rms_norm(call.input(0), call.input(1), call.output(0), rows.count, rows.size, epsilon)
            }
        },
        Implementation("reference") { op, problem in
            let rows = RowShape(problem.input(0), row: problem.input(1))
            let epsilon = Double(op.epsilon)
            let access = ElementAccess(problem.input(0).dataType)
            return ClosureKernel { call in
                let x = call.bytes(0)
                for begin in stride(from: 0, to: rows.count * rows.size, by: max(rows.size, 1)) {
                    var squares = 0.0
                    for i in begin..<(begin + rows.size) { squares += access.double(x, i) * access.double(x, i) }
                    let inverse = 1 / (squares / Double(rows.size) + epsilon).squareRoot()
                    for i in 0..<rows.size {
                        let value = access.double(x, begin + i) * inverse * access.double(call.bytes(1), i)
                        access.store(value, call.outputBytes(0), begin + i)
                    }
                }
            }
        },
    ]
}
