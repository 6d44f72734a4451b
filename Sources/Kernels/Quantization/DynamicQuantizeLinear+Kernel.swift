import CKernels
package import Graph

extension DynamicQuantizeLinear: Executable {
    package static let implementations: [Implementation<DynamicQuantizeLinear>] = [
        Implementation("vector") { (_, problem) throws(KernelError) in
            let count = problem.outputs[0].elementCount
            return ClosureKernel(workspaceByteCount: ck_extent_workspace(count) * MemoryLayout<Float>.stride) {
                (call) throws(KernelError) in
                let (x, y) = (call.input(0), call.output(0, as: UInt8.self))
                var (low, high) = (Float(0), Float(0))
                ck_extent(count, x, call.workspace?.assumingMemoryBound(to: Float.self), &low, &high)
                let range = DynamicRange(low: low, high: high)
                ck_quantize(count, x, range.scale, range.zero, 0, 255, y)
                range.store(call)
            }
        },
        Implementation("reference") { (_, problem) throws(KernelError) in
            let count = problem.outputs[0].elementCount
            return ClosureKernel { (call) throws(KernelError) in
                let (x, y) = (call.input(0), call.output(0, as: UInt8.self))
                var (low, high) = (Float(0), Float(0))
                for index in 0..<count {
                    low = min(low, x[index])
                    high = max(high, x[index])
                }
                let range = DynamicRange(low: low, high: high)
                let bytes = ElementAccess(.uint8)
                for index in 0..<count {
                    let rounded = (x[index] / range.scale).rounded(.toNearestOrEven)
                    bytes.store(Double(rounded + range.zero), y, index)
                }
                range.store(call)
            }
        },
    ]
}

/// The scale and the zero point for the bytes of numbers from `low` to `high`, between which 0 lies.
private struct DynamicRange {
    let scale: Float
    /// A whole number of 0...255; 0 where the quotient is NaN.
    let zero: Float

    /// A scale of 1 where all numbers are 0, as ONNX Runtime has it.
    init(low: Float, high: Float) {
        self.scale = low == high ? 1 : (high - low) / 255
        let zero = -(low / self.scale)
        self.zero = zero.isNaN ? 0 : min(max(zero, 0), 255).rounded(.toNearestOrEven)
    }

    /// Writes the second and the third result.
    func store(_ call: KernelCall) {
        call.output(1)[0] = self.scale
        call.output(2, as: UInt8.self)[0] = UInt8(self.zero)
    }
}
