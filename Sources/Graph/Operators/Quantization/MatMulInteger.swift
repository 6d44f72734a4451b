/// The product of 8-bit integer matrices less their zero points, in int32. ONNX `MatMulInteger` 10.
///
/// Zero points: one for all, of `a` also one a row, of `b` one a column.
package struct MatMulInteger: PlainOnnxOperator {
    package static let schema = OperatorSchema(
        "MatMulInteger", inputs: ["a", "b"], optional: ["a_zero_point", "b_zero_point"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let (a, b) = (try self.type(inputs, 0), try self.type(inputs, 1))
        let product = try MatrixProduct(bytes: a, b, in: self.name)
        let (left, right) = (self.optionalType(inputs, 2), self.optionalType(inputs, 3))
        guard left?.dataType ?? a.dataType == a.dataType, right?.dataType ?? b.dataType == b.dataType else {
            throw GraphError(.dataType, self.name, "a zero point has another type than its matrix")
        }
        try QuantizedPart.row.check(left, over: product.matrixShape, named: "a_zero_point", in: self.name)
        try QuantizedPart.column.check(right, over: product.matrixShape, named: "b_zero_point", in: self.name)
        return [TensorType(.int32, product.outputShape)]
    }

    package var gradient: Gradient { .none(reason: "integers have no gradient") }
}
