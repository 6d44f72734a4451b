package import Graph

extension Slice: Executable {
    package static let implementations: [Implementation<Slice>] = [
        Implementation("blocks") { (op, problem) throws(KernelError) in
            let place = op.place(in: problem.input(0))
            let output = problem.outputs[0]
            return LayoutCopyKernel(
                problem,
                [.init(shape: output.shape, sourceOffset: place.offset, source: place.strides, destination: output.strides)])
        },
        Implementation("reference") { (op, problem) throws(KernelError) in
            let place = op.place(in: problem.input(0))
            let index = StridedIndex(problem.outputs[0].shape, strides: [place.strides])
            return MovementReference(problem) { (0, place.offset + index.offset($0, 0)) }
        },
    ]

    /// Where the slice lies in a tensor, in elements. The type rule has accepted the type.
    package func place(in type: TensorType) -> (offset: Int, strides: [Int]) {
        guard let ranges = try? self.ranges(in: type.shape) else { preconditionFailure("\(self) was accepted for \(type)") }
        let strides = type.strides
        return (zip(ranges, strides).reduce(0) { $0 + $1.0.start * $1.1 }, zip(ranges, strides).map { $0.step * $1 })
    }
}
