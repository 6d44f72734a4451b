/// Values held between constant bounds; an absent bound does not bind. ONNX `Clip` 13.
///
/// The gradient flows where the bounds did not change `x`, the bounds themselves included.
package struct Clip: OnnxOperator {
    package static let schema = OperatorSchema("Clip", inputs: ["x"])

    package let min: Double?
    package let max: Double?

    package init(min: Double? = nil, max: Double? = nil) {
        self.min = min
        self.max = max
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.min = try Self.bound(&reader, input: 1)
        self.max = try Self.bound(&reader, input: 2)
    }

    private static func bound(_ reader: inout OnnxReader, input: Int) throws(GraphError) -> Double? {
        guard let tensor = try reader.constant(input: input) else { return nil }
        guard let value = tensor.scalar else { throw GraphError(.shape, "Clip", "bound \(input) is \(tensor.type)") }
        return value
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.numeric)
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let unchanged = try context.emit(Equal(), try context.input(0), context.outputs[0])
            return [try context.emit(Where(), unchanged, try context.dy(), context.scalar(0))]
        }
    }

    /// Bounds are written as float32, which is what models are made of.
    package func onnx(opset: Int) -> OnnxSpelling {
        var constants: [Tensor?] = [self.min.map { Tensor([Float($0)], shape: []) }]
        if let max = self.max { constants.append(Tensor([Float(max)], shape: [])) }
        return .node(OnnxNode("Clip", constants: constants.last.map { $0 == nil } ?? true ? [] : constants))
    }
}
