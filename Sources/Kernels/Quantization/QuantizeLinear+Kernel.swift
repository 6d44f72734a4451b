import CKernels
package import Graph

extension QuantizeLinear: Executable {
    package static let implementations: [Implementation<QuantizeLinear>] = [
        Implementation("rows") { (op, problem) throws(KernelError) in
            let scale = problem.input(1)
            guard problem.input(0).dataType == .float32, scale.dataType == .float32, op.precision ?? .float32 == .float32,
                let low = op.to == .uint8 ? Float(0) : op.to == .int8 ? -128 : nil,
                let rows = ByteRows(op.grid, problem)
            else { return nil }
            return ClosureKernel { (call) throws(KernelError) in
                let (x, y) = (call.input(0), call.output(0, as: UInt8.self))
                rows.forEach(call) { start, scale, zero in
                    ck_quantize(rows.length, x + start, scale, zero, low, low + 255, y + start)
                }
            }
        },
        Implementation("reference") { (op, problem) throws(KernelError) in QuantizeReference(op, problem) },
    ]
}

private struct QuantizeReference: Kernel {
    private let x: ElementAccess
    private let scale: ElementAccess
    private let y: ElementAccess
    private let narrow: NarrowFloat?
    private let precision: RoundedTo
    private let saturates: Bool
    private let index: QuantizationGrid.Index
    private let count: Int

    init(_ op: QuantizeLinear, _ problem: KernelProblem) {
        let scale = problem.input(1)
        self.x = ElementAccess(problem.input(0).dataType)
        self.scale = ElementAccess(scale.dataType)
        self.y = ElementAccess(op.to)
        self.narrow = NarrowFloat(op.to)
        let isCoarse = !ElementTypes.floating.contains(scale.dataType)
        self.precision = RoundedTo(op.precision ?? (isCoarse ? .float32 : scale.dataType))
        self.saturates = op.saturates
        self.index = op.grid.index(problem.input(0), scale: scale)
        self.count = problem.outputs[0].elementCount
    }

    func run(_ call: KernelCall) {
        let x = UnsafeRawPointer(call.input(0, as: UInt8.self))
        let scale = UnsafeRawPointer(call.input(1, as: UInt8.self))
        let zero = call.optionalInput(2, as: UInt8.self).map { UnsafeRawPointer($0) }
        let y = UnsafeMutableRawPointer(call.output(0, as: UInt8.self))
        for element in 0..<self.count {
            let place = self.index.offset(element)
            let quotient = self.precision(self.x.double(x, element) / self.scale.double(scale, place))
            let shift = zero.map { self.y.double($0, place) } ?? 0
            if let narrow = self.narrow {
                self.y.store(bits: narrow.encode(quotient + shift, saturates: self.saturates), y, element)
            } else {
                self.y.store(quotient.rounded(.toNearestOrEven) + shift, y, element)
            }
        }
    }
}

/// Rounds numbers to what a floating type holds.
private struct RoundedTo: Sendable {
    private let type: DataType
    private let narrow: NarrowFloat?

    init(_ type: DataType) {
        self.type = type
        self.narrow = NarrowFloat(type)
    }

    func callAsFunction(_ value: Double) -> Double {
        if let narrow = self.narrow { return narrow.decode(narrow.encode(value)) }
        return self.type == .float32 ? Double(Float(value)) : value
    }
}
