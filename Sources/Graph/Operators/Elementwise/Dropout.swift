/// Dropout as ONNX means it outside training: the input itself, and a mask of ones if asked for. ONNX `Dropout` 13.
///
/// `DropoutTraining` is what trains.
package struct Dropout: OnnxOperator {
    package static let schema = OperatorSchema("Dropout", inputs: ["data"], outputs: ["output", "mask"])

    /// Whether there is a second output.
    package let hasMask: Bool

    package init(hasMask: Bool = false) {
        self.hasMask = hasMask
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        _ = try reader.int("seed")
        _ = try reader.constant(input: 1)
        if let training = try reader.constant(input: 2), training.scalar != 0 {
            throw GraphError(.unsupported, "Dropout", "training_mode")
        }
        self.hasMask = reader.outputCount > 1
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        return self.hasMask ? [x, TensorType(.bool, x.shape)] : [x]
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in [try context.dy()] }
    }

    package func onnx(opset: Int) -> OnnxSpelling { .node(OnnxNode("Dropout")) }
}
