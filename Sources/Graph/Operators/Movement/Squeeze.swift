/// The same elements without some axes of size 1. ONNX `Squeeze` 13.
package struct Squeeze: OnnxOperator, ViewOperator {
    package static let schema = OperatorSchema("Squeeze", inputs: ["data"])

    /// Possibly negative; empty means every axis of size 1.
    package let axes: [Int]

    package init(axes: [Int] = []) {
        self.axes = axes
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.axes = try reader.axes() ?? []
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        var dropped = Set<Int>()
        for axis in self.axes {
            let axis = try self.normalizedAxis(axis, rank: x.rank)
            guard x.shape[axis] == 1 else { throw GraphError(.shape, "Squeeze", "axis \(axis) of \(x) is not 1") }
            dropped.insert(axis)
        }
        if self.axes.isEmpty { dropped = Set(x.shape.indices.filter { x.shape[$0] == 1 }) }
        return [TensorType(x.dataType, x.shape.indices.filter { !dropped.contains($0) }.map { x.shape[$0] })]
    }

    package var gradient: Gradient { .reshaped }

    package func onnx(opset: Int) -> OnnxSpelling {
        self.axes.isEmpty ? .node(OnnxNode("Squeeze")) : .node(OnnxNode("Squeeze", constants: [Tensor(axes: self.axes)]))
    }
}

extension Tensor {
    /// An int64 list, as ONNX wants axes and sizes.
    init(axes: [Int]) {
        self.init(axes.map { Int64($0) }, shape: [axes.count])
    }
}

extension OnnxReader {
    /// `axes` as an attribute (before opset 13) or as input 1; nil when there are none.
    mutating func axes() throws(GraphError) -> [Int]? { try self.ints("axes", orInput: 1) }

    /// A list that is an attribute in older opsets and an input in newer ones; nil when there is none.
    mutating func ints(_ name: String, orInput index: Int) throws(GraphError) -> [Int]? {
        if let values = try self.ints(name) { return values }
        return try self.constantInts(input: index)
    }
}
