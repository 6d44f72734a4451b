/// The different elements of a tensor, or slices along an axis: with the place of each one's first occurrence, for each
/// element which one it is, and how often each occurs. ONNX `Unique` 11.
struct Unique: OnnxComposition {
    static let onnxTypes = ["Unique"]

    private let outputs: [Tensor]

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        let isSorted = try reader.int("sorted") ?? 1 != 0
        let axis = try reader.int("axis")
        let x = try reader.requiredConstant(input: 0)
        guard ElementTypes.ordered.contains(x.type.dataType) || x.type.dataType == .bool else {
            throw GraphError(.dataType, reader.type, "does not take \(x.type)")
        }
        var shape = x.shape
        var place = 0
        if let axis {
            guard axis >= -shape.count, axis < shape.count else {
                throw GraphError(.attribute, reader.type, "axis \(axis) of \(x.type)")
            }
            place = axis < 0 ? axis + shape.count : axis
        } else {
            shape = [x.type.elementCount]
        }
        self.outputs = UniqueSlices(x, shape: shape, axis: place).outputs(isSorted: isSorted)
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) -> [ValueID] { self.outputs.map { graph.constant($0) } }
}

/// The slices of a tensor along an axis, in order of their elements.
private struct UniqueSlices {
    private let x: Tensor
    private let shape: [Int]
    private let axis: Int
    private let order: ElementOrder
    /// Elements after the axis, and before it.
    private let inner: Int
    private let outer: Int

    init(_ x: Tensor, shape: [Int], axis: Int) {
        self.x = x
        self.shape = shape
        self.axis = axis
        self.order = ElementOrder(x.type.dataType)
        self.inner = shape[(axis + 1)...].reduce(1, *)
        self.outer = shape[..<axis].reduce(1, *)
    }

    private func element(_ slice: Int, _ index: Int) -> Int {
        (index / self.inner * self.shape[self.axis] + slice) * self.inner + index % self.inner
    }

    /// Negative when slice `a` comes before `b`, 0 when they are equal.
    private func compare(_ a: Int, _ b: Int) -> Int {
        for index in 0..<(self.outer * self.inner) {
            let result = self.order.compare(self.x.rawPointer, self.element(a, index), self.element(b, index))
            if result != 0 { return result }
        }
        return 0
    }

    func outputs(isSorted: Bool) -> [Tensor] {
        let slices = (0..<self.shape[self.axis]).sorted { a, b in
            let result = self.compare(a, b)
            return result == 0 ? a < b : result < 0
        }
        var groups: [[Int]] = []
        for slice in slices {
            if let last = groups.last, self.compare(last[0], slice) == 0 {
                groups[groups.count - 1].append(slice)
            } else {
                groups.append([slice])
            }
        }
        if !isSorted { groups.sort { $0[0] < $1[0] } }
        var inverse = [Int64](repeating: 0, count: slices.count)
        for (number, group) in groups.enumerated() {
            for slice in group { inverse[slice] = Int64(number) }
        }
        let count = [groups.count]
        return [
            self.picked(groups.map { $0[0] }), Tensor(groups.map { Int64($0[0]) }, shape: count),
            Tensor(inverse, shape: [inverse.count]), Tensor(groups.map { Int64($0.count) }, shape: count),
        ]
    }

    private func picked(_ slices: [Int]) -> Tensor {
        var shape = self.shape
        shape[self.axis] = slices.count
        let y = Tensor(zeros: TensorType(self.x.type.dataType, shape))
        let size = self.x.type.dataType.byteCount
        for (number, slice) in slices.enumerated() {
            for index in 0..<(self.outer * self.inner) {
                let place = (index / self.inner * slices.count + number) * self.inner + index % self.inner
                let source = self.x.rawPointer + self.element(slice, index) * size
                (y.rawPointer + place * size).copyMemory(from: source, byteCount: size)
            }
        }
        return y
    }
}
