/// The bits of `a` moved by `b` places with broadcasting, zeros moving in; unsigned integers. ONNX `BitShift` 11.
package struct BitShift: OnnxOperator {
    package static let schema = OperatorSchema("BitShift", inputs: ["a", "b"])

    package enum Direction: String, Sendable, Hashable {
        case left = "LEFT"
        case right = "RIGHT"
    }

    package let direction: Direction

    package init(direction: Direction) {
        self.direction = direction
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let text = try reader.string("direction") ?? ""
        guard let direction = Direction(rawValue: text) else {
            throw GraphError(.attribute, reader.type, "direction = \(text)")
        }
        self.direction = direction
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.broadcastType(inputs, ElementTypes.unsignedIntegers)
    }

    package var gradient: Gradient { .none(reason: "bits have no slope") }

    package func onnx(opset: Int) -> OnnxSpelling {
        .node(OnnxNode("BitShift", [("direction", .string(self.direction.rawValue))]))
    }
}
