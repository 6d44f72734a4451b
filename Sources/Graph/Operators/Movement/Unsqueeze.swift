/// The same elements with new axes of size 1. ONNX `Unsqueeze` 13.
package struct Unsqueeze: OnnxOperator, ViewOperator {
    package static let schema = OperatorSchema("Unsqueeze", inputs: ["data"])

    /// Places of the new axes in the result, possibly negative.
    package let axes: [Int]

    package init(axes: [Int]) {
        self.axes = axes
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        guard let axes = try reader.axes() else {
            throw GraphError(.arity, "Unsqueeze", "axes are absent")
        }
        self.axes = axes
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        let rank = x.rank + self.axes.count
        var added = Set<Int>()
        for axis in self.axes {
            guard added.insert(try self.normalizedAxis(axis, rank: rank)).inserted else {
                throw GraphError(.attribute, "Unsqueeze", "axis \(axis) is named twice")
            }
        }
        var sizes = x.shape.makeIterator()
        return [TensorType(x.dataType, (0..<rank).map { added.contains($0) ? 1 : sizes.next() ?? 1 })]
    }

    package var gradient: Gradient { .reshaped }

    package func onnx(opset: Int) -> OnnxSpelling { .node(OnnxNode("Unsqueeze", constants: [Tensor(axes: self.axes)])) }
}
