/// Sum along axes. ONNX `ReduceSum` 13.
package struct ReduceSum: OnnxOperator {
    package static let schema = OperatorSchema("ReduceSum", inputs: ["data"])

    package let reduction: Reduction

    package init(axes: [Int], keepDimensions: Bool) {
        self.reduction = Reduction(axes: axes, keepDimensions: keepDimensions)
    }

    package init(_ reduction: Reduction) {
        self.reduction = reduction
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.reduction = try Reduction(onnx: &reader, axesInputSince: 13)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        try self.reducedType(inputs, self.reduction, ElementTypes.ordered)
    }

    package var gradient: Gradient {
        let reduction = self.reduction
        return .rule { (context) throws(GraphError) in
            let kept = try context.kept(try context.dy(), reduction)
            return [try context.emit(Expand(context.type(try context.input(0)).shape), kept)]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        self.reduction.spelling("ReduceSum", opset: opset, axesInputSince: 13)
    }
}
