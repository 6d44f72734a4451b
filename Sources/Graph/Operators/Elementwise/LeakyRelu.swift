/// `x` where positive, `alpha * x` elsewhere. ONNX `LeakyRelu` 16.
package struct LeakyRelu: OnnxOperator {
    package static let schema = OperatorSchema("LeakyRelu", inputs: ["x"])

    package let alpha: Float

    package init(alpha: Float = 0.01) {
        self.alpha = alpha
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.alpha = try reader.float("alpha") ?? 0.01
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.unaryType(inputs, ElementTypes.floating)
    }

    package var gradient: Gradient {
        let alpha = self.alpha
        return .rule { (context) throws(GraphError) in
            let positive = try context.emit(Greater(), try context.input(0), context.scalar(0))
            let slope = try context.emit(Where(), positive, context.scalar(1), context.scalar(alpha))
            return [try context.emit(Mul(), try context.dy(), slope)]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling { .node(OnnxNode("LeakyRelu", [("alpha", .float(self.alpha))])) }
}
