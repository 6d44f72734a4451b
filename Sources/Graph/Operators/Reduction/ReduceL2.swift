/// Euclidean norm along axes. ONNX `ReduceL2` 18.
package struct ReduceL2: OnnxOperator {
    package static let schema = OperatorSchema("ReduceL2", inputs: ["data"])

    package let reduction: Reduction

    /// - Parameter axes: empty for all.
    package init(axes: [Int], keepDimensions: Bool) {
        self.reduction = Reduction(axes: axes, keepDimensions: keepDimensions)
    }

    package init(_ reduction: Reduction) {
        self.reduction = reduction
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.reduction = try Reduction(onnx: &reader, axesInputSince: 18)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.reducedType(inputs, self.reduction, ElementTypes.ordered)
    }

    package var gradient: Gradient {
        let reduction = self.reduction
        return .rule { (context) throws(GraphError) in
            let y = try context.kept(context.outputs[0], reduction)
            let dy = try context.kept(try context.dy(), reduction)
            // The gradient of a norm that is 0 is 0.
            let scale = try context.emit(Div(), dy, try context.emit(Clip(min: 1e-30), y))
            return [try context.emit(Mul(), try context.input(0), scale)]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        self.reduction.spelling("ReduceL2", opset: opset, axesInputSince: 18)
    }
}
