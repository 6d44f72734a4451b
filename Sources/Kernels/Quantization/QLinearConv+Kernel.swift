package import Graph

extension QLinearConv: Executable {
    package static let implementations: [Implementation<QLinearConv>] = [
        Implementation("reference") { (op, problem) throws(KernelError) in
            let (x, w) = (problem.input(0), problem.input(3))
            let reference = IntegerConvolutionReference(op.window, x: x, w: w, y: problem.outputs[0])
            let (left, right) = (ElementAccess(x.dataType), ElementAccess(w.dataType))
            let result = ElementAccess(problem.outputs[0].dataType)
            let scaleStep = problem.input(4).elementCount > 1 ? 1 : 0
            let zeroStep = problem.input(5).elementCount > 1 ? 1 : 0
            return ClosureKernel { (call) throws(KernelError) in
                let (leftZero, rightZero) = (call.rawInput(2), call.rawInput(5))
                let (leftScale, rightScale, scale) = (call.input(1)[0], call.input(4), call.input(6)[0])
                let zero = result.double(call.rawInput(7), 0)
                let bias = call.optionalInput(8, as: Int32.self)
                let y = UnsafeMutableRawPointer(call.output(0, as: UInt8.self))
                reference.run(call.rawInput(0), call.rawInput(3)) { channel in
                    (
                        Int32(truncatingIfNeeded: left.integer(leftZero, 0)),
                        Int32(truncatingIfNeeded: right.integer(rightZero, channel * zeroStep))
                    )
                } _: { place, channel, sum in
                    let factor = leftScale * rightScale[channel * scaleStep] / scale
                    let value = Double(Float(sum &+ (bias?[channel] ?? 0)) * factor).rounded(.toNearestOrEven)
                    result.store(value + zero, y, place)
                }
            }
        }
    ]
}
