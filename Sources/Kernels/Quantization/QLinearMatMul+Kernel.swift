package import Graph

extension QLinearMatMul: Executable {
    package static let implementations: [Implementation<QLinearMatMul>] = [
        Implementation("reference") { (op, problem) throws(KernelError) in
            let reference = try IntegerMatrixReference(problem.input(0), problem.input(3), in: op.name)
            let result = ElementAccess(problem.outputs[0].dataType)
            // Scale and zero point of a, of b, of y.
            let spreads = try [(1, QuantizedPart.row), (2, .row), (4, .column), (5, .column), (6, .row), (7, .row)].map {
                (index, part) throws(KernelError) in
                guard let spread = reference.spread(problem.input(index), part) else {
                    throw KernelError(.unsupported, op.name, "input \(index) does not fit")
                }
                return spread
            }
            return ClosureKernel { (call) throws(KernelError) in
                let y = UnsafeMutableRawPointer(call.output(0, as: UInt8.self))
                let (leftScale, left) = (call.rawInput(1), call.rawInput(2))
                let (rightScale, right) = (call.rawInput(4), call.rawInput(5))
                let (scale, zero) = (call.rawInput(6), call.rawInput(7))
                reference.run(call.rawInput(0), call.rawInput(3)) { element in
                    (Int32(spreads[1].double(left, element)), Int32(spreads[3].double(right, element)))
                } _: { element, sum in
                    let factor = spreads[0].double(leftScale, element) * spreads[2].double(rightScale, element)
                    let value = (Double(sum) * factor / spreads[4].double(scale, element)).rounded(.toNearestOrEven)
                    result.store(value + spreads[5].double(zero, element), y, element)
                }
            }
        }
    ]
}
