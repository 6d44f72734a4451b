/// Values held between constant bounds; an absent bound does not bind. ONNX `Clip` 6 and 13.
///
/// The gradient flows where the bounds did not change `x`, the bounds themselves included.
package struct Clip: OnnxOperator {
    package static let schema = OperatorSchema("Clip", inputs: ["x"])

    package let min: Double?
    package let max: Double?
    /// The element type that the bounds are written with, which is that of the input.
    package let boundType: DataType

    package init(min: Double? = nil, max: Double? = nil, boundType: DataType = .float32) {
        self.min = min
        self.max = max
        self.boundType = boundType
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let type = reader.inputs.first.flatMap { $0?.dataType } ?? .float32
        // Attributes until opset 10.
        let (low, high) = (try reader.float("min").map { Double($0) }, try reader.float("max").map { Double($0) })
        self.init(
            min: try Self.bound(&reader, input: 1) ?? low, max: try Self.bound(&reader, input: 2) ?? high, boundType: type)
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

    package func onnx(opset: Int) -> OnnxSpelling {
        var constants: [Tensor?] = [self.min.map { Tensor(scalar: $0, self.boundType) }]
        if let max = self.max { constants.append(Tensor(scalar: max, self.boundType)) }
        return .node(OnnxNode("Clip", constants: constants.last.map { $0 == nil } ?? true ? [] : constants))
    }
}
