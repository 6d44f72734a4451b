package import Graph

extension DequantizeLinear: Executable {
    package static let implementations: [Implementation<DequantizeLinear>] = [
        Implementation("reference") { (op, problem) throws(KernelError) in
            let (source, scales) = (ElementAccess(problem.input(0).dataType), ElementAccess(problem.input(1).dataType))
            let result = ElementAccess(problem.outputs[0].dataType)
            let index = op.grid.index(problem.input(0), scale: problem.input(1))
            let count = problem.outputs[0].elementCount
            return ClosureKernel { (call) throws(KernelError) in
                let x = UnsafeRawPointer(call.input(0, as: UInt8.self))
                let scale = UnsafeRawPointer(call.input(1, as: UInt8.self))
                let zero = call.optionalInput(2, as: UInt8.self).map { UnsafeRawPointer($0) }
                let y = UnsafeMutableRawPointer(call.output(0, as: UInt8.self))
                for element in 0..<count {
                    let place = index.offset(element)
                    let shift = zero.map { source.double($0, place) } ?? 0
                    result.store((source.double(x, element) - shift) * scales.double(scale, place), y, element)
                }
            }
        }
    ]
}
