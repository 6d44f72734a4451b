/// The product of quantised matrices, quantised again. ONNX `QLinearMatMul` 21.
///
/// Scales and zero points: one for all, of `a` and the result also one a row, of `b` one a column.
package struct QLinearMatMul: PlainOnnxOperator {
    package static let schema = OperatorSchema(
        "QLinearMatMul",
        inputs: ["a", "a_scale", "a_zero_point", "b", "b_scale", "b_zero_point", "y_scale", "y_zero_point"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let (a, b) = (try self.type(inputs, 0), try self.type(inputs, 3))
        let product = try MatrixProduct(bytes: a, b, in: self.name)
        let zero = try self.type(inputs, 7)
        guard ElementTypes.bytes.contains(zero.dataType), try self.type(inputs, 2).dataType == a.dataType,
            try self.type(inputs, 5).dataType == b.dataType
        else { throw GraphError(.dataType, self.name, "zero points must have the types of what they belong to") }
        for index in [1, 4, 6] {
            let scale = try self.type(inputs, index)
            guard ElementTypes.floating.contains(scale.dataType) else {
                throw GraphError(.dataType, self.name, "\(Self.schema.inputs[index]) is \(scale)")
            }
        }
        for index in [1, 2, 4, 5, 6, 7] {
            let part = index == 4 || index == 5 ? QuantizedPart.column : .row
            try part.check(inputs[index], over: product.matrixShape, named: Self.schema.inputs[index], in: self.name)
        }
        return [TensorType(zero.dataType, product.outputShape)]
    }

    package var gradient: Gradient { .none(reason: "it is for inference") }
}
