/// Divides every row by the root of the mean of its squares, then scales it. ONNX `RMSNormalization` 23.
///
/// A row is all axes from `axis` on; `Scale` has the shape of a row. Below opset 23 it is written as the operators it stands
/// for.
package struct RMSNormalization: RowNormalization {
    package static let schema = OperatorSchema("RMSNormalization", inputs: ["X", "Scale"], outputs: ["Y"])

    package let axis: Int
    /// Added to the mean of squares.
    package let epsilon: Float

    package init(axis: Int = -1, epsilon: Float = 1e-5) {
        self.axis = axis
        self.epsilon = epsilon
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let (axis, epsilon) = try Self.attributes(&reader)
        self.init(axis: axis, epsilon: epsilon)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] { [try self.checkedRows(inputs)] }

    package var gradient: Gradient { .none(reason: "inference only") }

    package func onnx(opset: Int) -> OnnxSpelling {
        if opset >= 23 {
            return .node(OnnxNode(self.name, [("axis", .int(self.axis)), ("epsilon", .float(self.epsilon))]))
        }
        return .lowered { (graph, inputs) throws(GraphError) in
            guard let x = inputs[0] else { throw GraphError(.arity, self.name, "X is absent") }
            let rank = graph[x].type.rank
            let axes = Array(try self.normalizedAxis(self.axis, rank: rank)..<rank)
            let size = try graph.rootMeanSquare(x, axes: axes, epsilon: self.epsilon)
            return [try graph.apply(Mul(), try graph.apply(Div(), x, size), inputs[1])]
        }
    }
}
