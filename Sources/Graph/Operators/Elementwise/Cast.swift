/// Conversion to another element type. ONNX `Cast` 25 and `CastLike` 25, without strings.
///
/// Floats become integers towards zero; out of range they take the nearest bound and NaN becomes 0, but integers of two or
/// four bits keep the low bits of the whole number (ONNX leaves all this open). Integers keep their low bits. A bool is
/// whether the number differs from 0. Gradients flow between floating types only.
package struct Cast: OnnxOperator {
    package static let schema = OperatorSchema("Cast", inputs: ["x"])
    package static let onnxTypes = ["Cast", "CastLike"]

    package let to: DataType
    /// Beyond the range of an 8-bit float: its largest number instead of infinity or NaN.
    package let saturates: Bool
    /// Which power of two becomes a `float8e8m0`.
    package let rounding: NarrowFloat.PowerRounding

    package init(to: DataType, saturates: Bool = true, rounding: NarrowFloat.PowerRounding = .up) {
        self.to = to
        self.saturates = saturates
        self.rounding = rounding
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let saturate = try reader.int("saturate") ?? 1
        let mode = try reader.string("round_mode") ?? "up"
        guard let rounding = NarrowFloat.PowerRounding(rawValue: mode) else {
            throw GraphError(.attribute, reader.type, "round_mode = \(mode)")
        }
        self.init(to: try Self.target(&reader), saturates: saturate != 0, rounding: rounding)
    }

    private static func target(_ reader: inout OnnxReader) throws(GraphError) -> DataType {
        if reader.type == "CastLike" {
            guard let like = reader.typeAlone(input: 1) else { throw GraphError(.arity, reader.type, "input 1 is absent") }
            return like.dataType
        }
        guard let code = try reader.int("to") else { throw GraphError(.attribute, reader.type, "to is absent") }
        guard let type = DataType(onnxCode: code) else {
            throw GraphError(.unsupported, reader.type, code == 8 ? "to strings" : "to element type \(code)")
        }
        return type
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        [TensorType(self.to, try self.type(inputs, 0).shape)]
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let from = context.type(try context.input(0)).dataType
            guard ElementTypes.floating.contains(from), ElementTypes.floating.contains(context.type(context.outputs[0]).dataType)
            else { return [nil] }
            return [try context.emit(Cast(to: from), try context.dy())]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        var attributes: [(name: String, value: OnnxValue)] = [("to", .int(self.to.onnxCode))]
        if !self.saturates { attributes.append(("saturate", .int(0))) }
        if self.rounding != .up { attributes.append(("round_mode", .string(self.rounding.rawValue))) }
        return .node(OnnxNode("Cast", attributes))
    }
}
