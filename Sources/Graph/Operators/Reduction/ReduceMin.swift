/// Smallest element along axes; NaN wins. ONNX `ReduceMin` 20.
///
/// Elements that tie share the gradient evenly.
package struct ReduceMin: OnnxOperator {
    package static let schema = OperatorSchema("ReduceMin", inputs: ["data"])

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
        try self.reducedType(inputs, self.reduction, ElementTypes.ordered.union([.bool]))
    }

    package var gradient: Gradient {
        let reduction = self.reduction
        return .rule { (context) throws(GraphError) in
            [try context.extremeGradient(reduction)]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        self.reduction.spelling("ReduceMin", opset: opset, axesInputSince: 18)
    }
}
