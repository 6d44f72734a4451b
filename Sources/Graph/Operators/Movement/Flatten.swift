/// The same elements as a matrix: axes before `axis` against the rest. ONNX `Flatten` 13.
package struct Flatten: OnnxOperator, ViewOperator {
    package static let schema = OperatorSchema("Flatten", inputs: ["input"])

    /// In `-rank...rank`.
    package let axis: Int

    package init(axis: Int = 1) {
        self.axis = axis
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.axis = try reader.int("axis") ?? 1
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        guard self.axis >= -x.rank, self.axis <= x.rank else {
            throw GraphError(.attribute, "Flatten", "axis \(self.axis) is outside -\(x.rank)...\(x.rank)")
        }
        let axis = self.axis < 0 ? self.axis + x.rank : self.axis
        return [TensorType(x.dataType, [x.shape[..<axis].reduce(1, *), x.shape[axis...].reduce(1, *)])]
    }

    package var gradient: Gradient { .reshaped }

    package func onnx(opset: Int) -> OnnxSpelling { .node(OnnxNode("Flatten", [("axis", .int(self.axis))])) }
}

extension Gradient {
    /// The gradient of an operator that only renames axes: `dy` in the input's shape.
    static var reshaped: Gradient {
        .rule { (context) throws(GraphError) in
            [try context.emit(Reshape(context.type(try context.input(0)).shape), try context.dy())]
        }
    }
}
