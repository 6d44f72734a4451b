package import Graph

extension DynamicQuantizeLinear: Executable {
    package static let implementations: [Implementation<DynamicQuantizeLinear>] = [
        Implementation("reference") { (_, problem) throws(KernelError) in
            let count = problem.outputs[0].elementCount
            return ClosureKernel { (call) throws(KernelError) in
                let (x, y) = (call.input(0), call.output(0, as: UInt8.self))
                var (low, high) = (Float(0), Float(0))
                for index in 0..<count {
                    low = min(low, x[index])
                    high = max(high, x[index])
                }
                let scale = (high == low ? 1 : high - low) / 255
                let zero = min(max(-low / scale, 0), 255).rounded(.toNearestOrEven)
                let bytes = ElementAccess(.uint8)
                for index in 0..<count {
                    let rounded = (x[index] / scale).rounded(.toNearestOrEven)
                    bytes.store(Double(rounded + zero), y, index)
                }
                call.output(1)[0] = scale
                bytes.store(Double(zero), call.output(2, as: UInt8.self), 0)
            }
        }
    ]
}
