/// The Gaussian error linear unit. ONNX `Gelu` 20; written as simpler operators before.
package struct Gelu: OnnxOperator {
    package static let schema = OperatorSchema("Gelu", inputs: ["x"])

    package enum Approximation: String, Sendable, Hashable {
        /// `x / 2 * (1 + erf(x / sqrt(2)))`
        case none
        /// `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))`
        case tanh
    }

    package let approximate: Approximation

    package init(approximate: Approximation = .none) {
        self.approximate = approximate
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let text = try reader.string("approximate") ?? "none"
        guard let approximate = Approximation(rawValue: text) else {
            throw GraphError(.attribute, "Gelu", "approximate = \(text)")
        }
        self.approximate = approximate
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient {
        let derivative = GeluGradient(approximate: self.approximate)
        return .rule { (context) throws(GraphError) in
            [try context.emit(derivative, try context.input(0), try context.dy())]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        if opset >= 20 { return .node(OnnxNode("Gelu", [("approximate", .string(self.approximate.rawValue))])) }
        let approximate = self.approximate
        return .lowered { (graph, inputs) throws(GraphError) in
            func scalar(_ value: Float) -> ValueID { graph.constant(Tensor([value], shape: [])) }
            let x = inputs[0]
            let bend: ValueID
            switch approximate {
            case .none:
                bend = try graph.apply(Erf(), try graph.apply(Div(), x, scalar(1.414_213_6)))
            case .tanh:
                let cube = try graph.apply(Mul(), try graph.apply(Mul(), x, x), x)
                let sum = try graph.apply(Add(), x, try graph.apply(Mul(), cube, scalar(0.044715)))
                bend = try graph.apply(Tanh(), try graph.apply(Mul(), sum, scalar(0.797_884_6)))
            }
            let product = try graph.apply(Mul(), x, try graph.apply(Add(), bend, scalar(1)))
            return [try graph.apply(Mul(), product, scalar(0.5))]
        }
    }
}
