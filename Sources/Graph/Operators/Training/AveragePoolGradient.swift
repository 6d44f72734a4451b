/// The gradient of `AveragePool` with respect to x: each dy is spread evenly over its window.
package struct AveragePoolGradient: Operator {
    package static let schema = OperatorSchema("AveragePoolGradient", inputs: ["dy"], outputs: ["dx"])

    /// The forward operator.
    package let pool: AveragePool
    /// The shape of x.
    package let inputShape: [Int]

    package init(pool: AveragePool, inputShape: [Int]) {
        self.pool = pool
        self.inputShape = inputShape
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let dy = try self.type(inputs, 0)
        let x = TensorType(.float32, self.inputShape)
        let expected = try self.pool.outputTypes([x])
        guard [dy] == expected else { throw GraphError(.shape, self.name, "dy is \(dy), should be \(expected[0])") }
        return [x]
    }

    package var gradient: Gradient { .none(reason: "second derivatives of pooling are not built") }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "a gradient") }
}
