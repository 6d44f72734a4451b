package import Graph

extension GatherND: Executable {
    package static let implementations: [Implementation<GatherND>] = [
        Implementation("reference") { (op, problem) throws(KernelError) in
            let places = SlicePlaces(op.name, problem, batchAxes: op.batchAxes)
            let size = places.sliceCount * problem.outputs[0].dataType.byteCount
            return ClosureKernel { (call) throws(KernelError) in
                let x = UnsafeRawPointer(call.input(0, as: UInt8.self))
                for slice in 0..<places.count {
                    let source = x + (try places.slice(slice, call)) * size
                    (call.outputs[0] + slice * size).copyMemory(from: source, byteCount: size)
                }
            }
        }
    ]
}

/// The slices of input 0 that the last axis of input 1 names by their places along the leading axes.
package struct SlicePlaces: Sendable {
    private let subject: String
    /// Sizes of the axes that an index names.
    private let sizes: [Int]
    /// Indices of one batch element, and its slices in the data.
    private let countPerBatch: Int
    private let slicesPerBatch: Int
    /// Number of slices that are named.
    package let count: Int
    /// Elements of a slice.
    package let sliceCount: Int

    package init(_ subject: String, _ problem: KernelProblem, batchAxes: Int = 0) {
        let data = problem.input(0)
        let indices = problem.input(1)
        let depth = indices.shape.last ?? 0
        self.subject = subject
        self.sizes = Array(data.shape[batchAxes..<(batchAxes + depth)])
        self.countPerBatch = indices.shape[batchAxes..<(indices.rank - 1)].reduce(1, *)
        self.slicesPerBatch = self.sizes.reduce(1, *)
        self.count = indices.shape.dropLast().reduce(1, *)
        self.sliceCount = data.shape[(batchAxes + depth)...].reduce(1, *)
    }

    /// Which slice of the data index `number` names, counted in slices.
    package func slice(_ number: Int, _ call: KernelCall) throws(KernelError) -> Int {
        let tuple = call.input(1, as: Int64.self) + number * self.sizes.count
        var place = 0
        for (axis, size) in self.sizes.enumerated() {
            let index = tuple[axis]
            guard index >= -Int64(size), index < Int64(size) else {
                throw KernelError(.outOfRange, self.subject, "an index is outside -\(size)..<\(size)")
            }
            place = place * size + Int(index < 0 ? index + Int64(size) : index)
        }
        return number / self.countPerBatch * self.slicesPerBatch + place
    }
}
