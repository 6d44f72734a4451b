package import Graph

extension QuantizedConv: Executable {
    package static let implementations: [Implementation<QuantizedConv>] = [
        Implementation("wide") { (op, problem) throws(KernelError) in try WideConvolutionKernel(op, problem) },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let reference = IntegerConvolutionReference(
                op.window, layout: op.layout, x: problem.input(0), w: problem.input(1), y: problem.outputs[0])
            let epilogue = QuantizedEpilogueReference(op.epilogue)
            let zeros = (Int32(op.xZero), Int32(op.wZero))
            return ClosureKernel { (call) throws(KernelError) in
                reference.run(call.bytes(0), call.bytes(1)) { _ in
                    zeros
                } _: { place, channel, sum in
                    epilogue.store(sum, column: channel, place: place, call)
                }
            }
        },
    ]
}
