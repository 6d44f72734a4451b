/// Product along axes. ONNX `ReduceProd` 18.
///
/// The gradient divides by the elements: they must differ from 0.
package struct ReduceProd: OnnxOperator {
    package static let schema = OperatorSchema("ReduceProd", inputs: ["data"])

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
            let product = try context.emit(Mul(), dy, y)
            return [try context.emit(Div(), product, try context.input(0))]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        self.reduction.spelling("ReduceProd", opset: opset, axesInputSince: 18)
    }
}
