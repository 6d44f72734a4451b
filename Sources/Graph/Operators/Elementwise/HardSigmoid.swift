/// `max(0, min(1, alpha * x + beta))`. ONNX `HardSigmoid` 6.
package struct HardSigmoid: OnnxOperator {
    package static let schema = OperatorSchema("HardSigmoid", inputs: ["x"])

    package let alpha: Float
    package let beta: Float

    package init(alpha: Float = 0.2, beta: Float = 0.5) {
        self.alpha = alpha
        self.beta = beta
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.init(alpha: try reader.float("alpha") ?? 0.2, beta: try reader.float("beta") ?? 0.5)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient {
        let alpha = self.alpha
        return .rule { (context) throws(GraphError) in
            let y = context.outputs[0]
            let above = try context.emit(Greater(), y, context.scalar(0))
            let inside = try context.emit(And(), above, try context.emit(Less(), y, context.scalar(1)))
            let slope = try context.emit(Where(), inside, context.scalar(alpha), context.scalar(0))
            return [try context.emit(Mul(), try context.dy(), slope)]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        .node(OnnxNode("HardSigmoid", [("alpha", .float(self.alpha)), ("beta", .float(self.beta))]))
    }
}
