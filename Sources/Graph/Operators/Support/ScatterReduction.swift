/// What a scattering operator does where an update meets an element.
package enum ScatterReduction: String, Sendable, Hashable {
    /// The update takes its place; of several at one place the last.
    case none
    case add
    case mul
    case max
    case min

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        let text = try reader.string("reduction") ?? "none"
        guard let reduction = ScatterReduction(rawValue: text) else {
            throw GraphError(.attribute, reader.type, "reduction = \(text)")
        }
        self = reduction
    }

    /// As an attribute; nil where the opset does not know it.
    func attributes(opset: Int) -> [(name: String, value: OnnxValue)]? {
        switch self {
        case .none: []
        case .add, .mul: opset >= 16 ? [("reduction", .string(self.rawValue))] : nil
        case .max, .min: opset >= 18 ? [("reduction", .string(self.rawValue))] : nil
        }
    }

    /// Throws for element types that cannot be joined.
    func check(_ data: TensorType, _ updates: TensorType, in subject: String) throws(GraphError) {
        guard data.dataType == updates.dataType, self == .none || ElementTypes.ordered.contains(data.dataType) else {
            throw GraphError(.dataType, subject, "data are \(data), updates are \(updates)")
        }
    }
}
