import CKernels
package import Graph

extension DequantizeLinear: Executable {
    package static let implementations: [Implementation<DequantizeLinear>] = [
        Implementation("rows") { (op, problem) throws(KernelError) in
            let type = problem.input(0).dataType
            guard ElementTypes.bytes.contains(type), problem.input(1).dataType == .float32,
                problem.outputs[0].dataType == .float32, let rows = ByteRows(op.grid, problem)
            else { return nil }
            let function = type == .uint8 ? ck_dequantize_unsigned : ck_dequantize_signed
            return ClosureKernel { (call) throws(KernelError) in
                let (x, y) = (call.input(0, as: UInt8.self), call.output(0))
                rows.forEach(call) { start, scale, zero in function(rows.length, x + start, scale, zero, y + start) }
            }
        },
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
        },
    ]
}
