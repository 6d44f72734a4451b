package import Graph

extension ConvInteger: Executable {
    package static let implementations: [Implementation<ConvInteger>] = [
        Implementation("wide") { (op, problem) throws(KernelError) in try TurnedConvolutionKernel(op, problem) },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let (x, w) = (problem.input(0), problem.input(1))
            let reference = IntegerConvolutionReference(op.window, x: x, w: w, y: problem.outputs[0])
            let (left, right) = (ElementAccess(x.dataType), ElementAccess(w.dataType))
            let isPerChannel = problem.optionalInput(3).map { $0.elementCount > 1 } ?? false
            return ClosureKernel { (call) throws(KernelError) in
                let (leftZero, rightZero) = (call.optionalRawInput(2), call.optionalRawInput(3))
                let y = call.output(0, as: Int32.self)
                reference.run(call.rawInput(0), call.rawInput(1)) { channel in
                    (
                        leftZero.map { Int32(truncatingIfNeeded: left.integer($0, 0)) } ?? 0,
                        rightZero.map { Int32(truncatingIfNeeded: right.integer($0, isPerChannel ? channel : 0)) } ?? 0
                    )
                } _: { place, _, sum in
                    y[place] = sum
                }
            }
        },
    ]
}
