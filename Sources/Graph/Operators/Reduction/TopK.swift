/// The k largest (or smallest) elements along an axis and their places, best first; of equal ones the earlier first and NaN
/// is the largest. ONNX `TopK` 24.
package struct TopK: OnnxOperator {
    package static let schema = OperatorSchema("TopK", inputs: ["x"], outputs: ["values", "indices"])

    package let k: Int
    /// Possibly negative.
    package let axis: Int
    package let wantsLargest: Bool

    package init(_ k: Int, axis: Int = -1, wantsLargest: Bool = true) {
        self.k = k
        self.axis = axis
        self.wantsLargest = wantsLargest
    }

    /// Any order is right where `sorted` is 0.
    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        // An attribute before opset 10.
        let attribute = try reader.int("k").map { [$0] }
        let input = attribute == nil ? try reader.constantInts(input: 1) : nil
        guard let counts = attribute ?? input, counts.count == 1 else { throw GraphError(.arity, "TopK", "k must be one number") }
        _ = try reader.int("sorted")
        self.init(counts[0], axis: try reader.int("axis") ?? -1, wantsLargest: try reader.int("largest") ?? 1 != 0)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        var y = try self.unaryType(inputs, ElementTypes.ordered)[0]
        let axis = try self.normalizedAxis(self.axis, rank: y.rank)
        guard self.k >= 0, self.k <= y.shape[axis] else { throw GraphError(.attribute, self.name, "k is \(self.k) for \(y)") }
        y.shape[axis] = self.k
        return [y, TensorType(.int64, y.shape)]
    }

    package var gradient: Gradient { .none(reason: "not used in training") }

    package func onnx(opset: Int) -> OnnxSpelling {
        .node(
            OnnxNode(
                "TopK", [("axis", .int(self.axis)), ("largest", .int(self.wantsLargest ? 1 : 0)), ("sorted", .int(1))],
                constants: [Tensor([Int64(self.k)], shape: [1])]))
    }
}
