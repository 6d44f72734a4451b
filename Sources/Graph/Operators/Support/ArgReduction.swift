/// The axis of `ArgMax` and `ArgMin`, and which of several equal elements counts.
package struct ArgReduction: Sendable, Hashable {
    /// Possibly negative.
    package let axis: Int
    package let keepDimensions: Bool
    /// The last of equal elements, else the first.
    package let takesLast: Bool

    package init(axis: Int, keepDimensions: Bool = true, takesLast: Bool = false) {
        self.axis = axis
        self.keepDimensions = keepDimensions
        self.takesLast = takesLast
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.init(
            axis: try reader.int("axis") ?? 0, keepDimensions: try reader.int("keepdims") ?? 1 != 0,
            takesLast: try reader.int("select_last_index") ?? 0 != 0)
    }

    var attributes: [(name: String, value: OnnxValue)] {
        [
            ("axis", .int(self.axis)), ("keepdims", .int(self.keepDimensions ? 1 : 0)),
            ("select_last_index", .int(self.takesLast ? 1 : 0)),
        ]
    }
}

extension Operator {
    /// The type rule of `ArgMax` and `ArgMin`.
    func argType(_ inputs: [TensorType?], _ reduction: ArgReduction) throws(GraphError) -> [TensorType] {
        let x = try self.unaryType(inputs, ElementTypes.ordered)[0]
        let axis = try self.normalizedAxis(reduction.axis, rank: x.rank)
        let kept = Reduction(axes: [axis], keepDimensions: reduction.keepDimensions)
        let y = TensorType(.int64, try kept.outputType(x, in: self.name).shape)
        guard x.shape[axis] > 0 || y.elementCount == 0 else { throw GraphError(.shape, self.name, "\(x) has no elements") }
        return [y]
    }
}
