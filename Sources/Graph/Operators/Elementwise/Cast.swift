/// Conversion to another element type. ONNX `Cast` 19.
///
/// Floats become integers towards zero; out of range they take the nearest bound and NaN becomes 0 (ONNX leaves both open).
/// A bool is whether the number differs from 0. Gradients flow between floating types only.
package struct Cast: OnnxOperator {
    package static let schema = OperatorSchema("Cast", inputs: ["x"])

    package let to: DataType

    package init(to: DataType) {
        self.to = to
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        guard let code = try reader.int("to") else { throw GraphError(.attribute, "Cast", "to is absent") }
        guard let to = DataType(onnxCode: code) else {
            throw GraphError(.unsupported, "Cast", "element type \(code)")
        }
        // Concerns conversions to 8-bit floats only.
        _ = try reader.int("saturate")
        self.to = to
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        guard ElementTypes.comparable.contains(x.dataType), ElementTypes.comparable.contains(self.to) else {
            throw GraphError(.dataType, "Cast", "from \(x) to \(self.to)")
        }
        return [TensorType(self.to, x.shape)]
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let from = context.type(try context.input(0)).dataType
            guard ElementTypes.floating.contains(from), ElementTypes.floating.contains(context.type(context.outputs[0]).dataType)
            else { return [nil] }
            return [try context.emit(Cast(to: from), try context.dy())]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling { .node(OnnxNode("Cast", [("to", .int(self.to.onnxCode))])) }
}
