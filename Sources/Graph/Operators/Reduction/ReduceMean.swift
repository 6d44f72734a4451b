/// Mean along axes. ONNX `ReduceMean` 18.
package struct ReduceMean: OnnxOperator {
    package static let schema = OperatorSchema("ReduceMean", inputs: ["data"])

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
            let type = context.type(try context.input(0))
            let dy = try context.kept(try context.dy(), reduction)
            let count = type.elementCount / max(context.type(dy).elementCount, 1)
            let share = try context.emit(Mul(), dy, context.scalar(1 / Float(max(count, 1))))
            return [try context.emit(Expand(type.shape), share)]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        self.reduction.spelling("ReduceMean", opset: opset, axesInputSince: 18)
    }
}
