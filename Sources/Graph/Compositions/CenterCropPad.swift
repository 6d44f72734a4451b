/// The middle of the input, with zeros around it where it is too small. ONNX `CenterCropPad` 18.
struct CenterCropPad: OnnxComposition {
    static let onnxTypes = ["CenterCropPad"]

    private let axes: [Int]?
    private let sizes: [Int]

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.axes = try reader.ints("axes")
        self.sizes = try reader.constantInts(input: 1) ?? []
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let x = try self.input(inputs, 0)
        let shape = graph.type(x).shape
        let axes = self.axes ?? Array(shape.indices)
        guard axes.count == self.sizes.count, self.sizes.allSatisfy({ (0...Int(Int32.max)).contains($0) }) else {
            throw GraphError(.attribute, self.name, "sizes \(self.sizes) for axes \(axes)")
        }
        var before = [Int](repeating: 0, count: shape.count)
        var after = before
        for (axis, size) in zip(axes, self.sizes) {
            let axis = try self.normalizedAxis(axis, rank: shape.count)
            let missing = size - shape[axis]
            // The odd element is added at the end, and taken from the end.
            before[axis] = missing / 2
            after[axis] = missing - missing / 2
        }
        return [try graph.apply(Pad(before: before, after: after), x)]
    }
}
