/// `activation(alpha op(a) op(b) + bias) + residual`: a matrix product with everything around it that passes fuse.
///
/// a: [..., M, K] and b: [..., K, N] after `op`, leading axes broadcast, at least two axes each; bias: [N]; residual has
/// the shape of the result [..., M, N]. float32. With `precision` bfloat16 the operands are rounded to it and summed in
/// float32; then a, residual and the result may be bfloat16 tensors. Made by passes after differentiation.
package struct FusedMatMul: Operator {
    package static let schema = OperatorSchema("FusedMatMul", inputs: ["a", "b"], optional: ["bias", "residual"])

    /// The last two axes of `a` are swapped.
    package let transposeA: Bool
    /// The last two axes of `b` are swapped.
    package let transposeB: Bool
    package let alpha: Float
    package let activation: FusedActivation
    /// What operands are rounded to before they are multiplied: float32 or bfloat16.
    package let precision: DataType
    /// Element type of the result: float32, or bfloat16 when the precision is.
    package let result: DataType

    package init(
        transposeA: Bool = false, transposeB: Bool = false, alpha: Float = 1, activation: FusedActivation = .none,
        precision: DataType = .float32, result: DataType = .float32
    ) {
        self.precision = precision
        self.result = result
        self.transposeA = transposeA
        self.transposeB = transposeB
        self.alpha = alpha
        self.activation = activation
    }

    /// The same product of operands rounded to bfloat16.
    package func inBFloat16(result: DataType) -> FusedMatMul {
        FusedMatMul(
            transposeA: self.transposeA, transposeB: self.transposeB, alpha: self.alpha, activation: self.activation,
            precision: .bfloat16, result: result)
    }

    /// The shapes of the product.
    package func product(_ a: TensorType, _ b: TensorType) throws(GraphError) -> MatrixProduct {
        guard a.rank >= 2, b.rank >= 2 else {
            throw GraphError(.shape, self.name, "a is \(a), b is \(b); both need at least two axes")
        }
        guard b.dataType == .float32 else { throw GraphError(.dataType, self.name, "b is \(b), must be float32") }
        return try MatrixProduct(self.widened(a), b, transposeA: self.transposeA, transposeB: self.transposeB, in: self.name)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let product = try self.product(try self.type(inputs, 0), try self.type(inputs, 1))
        try self.checkPrecision()
        let output = TensorType(self.result, product.outputShape)
        if let bias = self.optionalType(inputs, 2), bias != TensorType(.float32, [product.n]) {
            throw GraphError(.shape, self.name, "bias is \(bias), should be float32[\(product.n)]")
        }
        if let residual = self.optionalType(inputs, 3) {
            guard self.widened(residual) == TensorType(.float32, output.shape) else {
                throw GraphError(.shape, self.name, "residual is \(residual), should be \(output)")
            }
        }
        return [output]
    }

    package var gradient: Gradient { .none(reason: "fusion happens after differentiation") }

    package func onnx(opset: Int) -> OnnxSpelling {
        .lowered { (graph, inputs) throws(GraphError) in
            guard let a = inputs[0], let b = inputs[1] else { throw GraphError(.arity, "FusedMatMul", "an operand is absent") }
            let left = self.transposeA ? try graph.swappingLastAxes(a) : a
            let right = self.transposeB ? try graph.swappingLastAxes(b) : b
            var y = try graph.apply(MatMul(), left, right)
            if self.alpha != 1 { y = try graph.apply(Mul(), y, graph.constant(Tensor([self.alpha], shape: []), name: "alpha")) }
            if inputs.count > 2, let bias = inputs[2] { y = try graph.apply(Add(), y, bias) }
            y = try self.activation.unfused(in: &graph, y)
            if inputs.count > 3, let residual = inputs[3] { y = try graph.apply(Add(), y, residual) }
            return [y]
        }
    }
}

extension Graph {
    /// Emits a transposition of the last two axes.
    package mutating func swappingLastAxes(_ value: ValueID) throws(GraphError) -> ValueID {
        let rank = self[value].type.rank
        return try self.apply(Transpose(permutation: Array(0..<(rank - 2)) + [rank - 1, rank - 2]), value)
    }
}
