/// Repeats an input along axes of size 1 (and new leading axes). ONNX `Expand` 13.
package struct Expand: OnnxOperator {
    package static let schema = OperatorSchema("Expand", inputs: ["input"])

    /// Broadcast together with the input's shape, as ONNX says: a 1 keeps the input's size.
    package let shape: [Int]

    package init(_ shape: [Int]) {
        self.shape = shape
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        guard let shape = try reader.constantInts(input: 1) else {
            throw GraphError(.arity, "Expand", "shape is absent")
        }
        self.shape = shape
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let input = try self.type(inputs, 0)
        guard self.shape.allSatisfy({ $0 >= 0 }) else {
            throw GraphError(.attribute, "Expand", "negative size in \(self.shape)")
        }
        return [TensorType(input.dataType, try Broadcast.shape(input.shape, self.shape, in: "Expand"))]
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            [try context.unbroadcast(try context.dy(), to: context.type(try context.input(0)))]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        .node(OnnxNode("Expand", constants: [Tensor(self.shape.map { Int64($0) }, shape: [self.shape.count])]))
    }
}
