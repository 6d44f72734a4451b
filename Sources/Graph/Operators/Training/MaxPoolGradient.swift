/// The gradient of `MaxPool` with respect to x: each dy goes to the first largest element of its window.
package struct MaxPoolGradient: Operator {
    package static let schema = OperatorSchema("MaxPoolGradient", inputs: ["x", "dy"], outputs: ["dx"])

    /// The forward operator.
    package let pool: MaxPool

    package init(pool: MaxPool) {
        self.pool = pool
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        let dy = try self.type(inputs, 1)
        let expected = try self.pool.outputTypes([x])
        guard x.dataType == .float32, [dy] == expected else {
            throw GraphError(.shape, self.name, "dy is \(dy), should be \(expected[0])")
        }
        return [x]
    }

    package var gradient: Gradient { .none(reason: "second derivatives of pooling are not built") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "a gradient") }
}
