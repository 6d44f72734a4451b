package import Graph

extension Pad: Executable {
    package static let implementations: [Implementation<Pad>] = [
        Implementation("blocks") { (op, problem) throws(KernelError) in
            guard op.mode == .constant else { return nil }
            let input = problem.input(0)
            let output = problem.outputs[0]
            // What remains of the input along each axis; nothing where negative pads take more than there is.
            let first = op.before.map { Swift.max(-$0, 0) }
            let shape = input.shape.indices.map { Swift.max(input.shape[$0] - first[$0] - Swift.max(-op.after[$0], 0), 0) }
            let isFilled = output.shape == shape
            let sourceOffset = zip(first, input.strides).reduce(0) { $0 + $1.0 * $1.1 }
            let destinationOffset = zip(op.before, output.strides).reduce(0) { $0 + Swift.max($1.0, 0) * $1.1 }
            return LayoutCopyKernel(
                problem, fill: isFilled ? nil : LayoutCopyKernel.Fill(op.value, as: output.dataType),
                [
                    .init(
                        shape: shape, sourceOffset: sourceOffset, source: input.strides, destinationOffset: destinationOffset,
                        destination: output.strides)
                ])
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let input = problem.input(0)
            let output = problem.outputs[0]
            let strides = input.strides
            let fill = op.mode == .constant ? LayoutCopyKernel.Fill(op.value, as: output.dataType) : .zero
            return MovementReference(problem, fill: fill) { element in
                var rest = element
                var place = 0
                for axis in output.shape.indices.reversed() {
                    let position = rest % output.shape[axis] - op.before[axis]
                    rest /= output.shape[axis]
                    guard let inside = op.mode.position(position, size: input.shape[axis]) else { return nil }
                    place += inside * strides[axis]
                }
                return (0, place)
            }
        },
    ]
}

extension Pad.Mode {
    /// The element that stands at `position` of an axis of that size; nil for the constant.
    fileprivate func position(_ position: Int, size: Int) -> Int? {
        switch self {
        case .constant: return position >= 0 && position < size ? position : nil
        case .edge: return Swift.min(Swift.max(position, 0), size - 1)
        case .wrap: return (position % size + size) % size
        case .reflect:
            guard size > 1 else { return 0 }
            let period = 2 * (size - 1)
            let inside = (position % period + period) % period
            return inside < size ? inside : period - inside
        }
    }
}
