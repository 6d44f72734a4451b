/// A matrix product of bytes less their zero points, summed in int32, with everything around it that passes fuse.
///
/// a: uint8 or int8 [..., M, K]; b: uint8 or int8 [..., K, N], or [..., N, K] with `transposeB`; leading axes broadcast, at
/// least two axes each. scales: float32 [N], what one step of both operands together is worth; inner_bias and bias: float32
/// [N]; residual: the result's shape [..., M, N]; a_zero_point: one element of a's type, where it is known only when the
/// product runs (`aZero` is 0 then). `QuantizedEpilogue` says what happens to the sums. Made by passes after differentiation.
package struct QuantizedMatMul: Operator {
    package static let schema = OperatorSchema(
        "QuantizedMatMul", inputs: ["a", "b", "scales"], optional: QuantizedEpilogue.optionalInputs + ["a_zero_point"])

    /// The last two axes of `b` are swapped.
    package let transposeB: Bool
    package let aZero: Int
    package let bZero: Int
    package let epilogue: QuantizedEpilogue

    package init(transposeB: Bool = false, aZero: Int = 0, bZero: Int = 0, epilogue: QuantizedEpilogue = QuantizedEpilogue()) {
        self.transposeB = transposeB
        self.aZero = aZero
        self.bZero = bZero
        self.epilogue = epilogue
    }

    /// The shapes of the product.
    package func product(_ a: TensorType, _ b: TensorType) throws(GraphError) -> MatrixProduct {
        guard a.rank >= 2, b.rank >= 2 else {
            throw GraphError(.shape, self.name, "a is \(a), b is \(b); both need at least two axes")
        }
        return try MatrixProduct(bytes: a, b, transposeB: self.transposeB, in: self.name)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let (a, b) = (try self.type(inputs, 0), try self.type(inputs, 1))
        let product = try self.product(a, b)
        try a.dataType.check(zero: self.aZero, in: self.name)
        try QuantizedEpilogue.checkZeroPoint(inputs, of: a, fixed: self.aZero, in: self.name)
        try b.dataType.check(zero: self.bZero, in: self.name)
        try self.epilogue.check(inputs, columns: product.n, shape: product.outputShape, in: self.name)
        return [TensorType(self.epilogue.resultType, product.outputShape)]
    }

    package var gradient: Gradient { .none(reason: "fusion happens after differentiation") }

    package func onnx(opset: Int) -> OnnxSpelling {
        .lowered { (graph, inputs) throws(GraphError) in
            guard let a = inputs[0], let b = inputs[1] else { throw GraphError(.arity, self.name, "an operand is absent") }
            let right = self.transposeB ? try graph.swappingLastAxes(b) : b
            let sums = try graph.apply(
                MatMulInteger(), a, right, QuantizedEpilogue.zeroPoint(inputs) ?? graph.zeroPoint(self.aZero, of: a),
                graph.zeroPoint(self.bZero, of: b))
            return [try self.epilogue.unfused(sums, inputs, channelsOfRank: nil, in: &graph)]
        }
    }
}

extension DataType {
    /// Throws unless a zero point is one of the type's numbers.
    func check(zero: Int, in subject: String) throws(GraphError) {
        guard ByteScale(scale: 1, zero: zero, type: self) != nil else {
            throw GraphError(.attribute, subject, "a zero point of \(zero) for \(self)")
        }
    }
}

extension Graph {
    /// Emits a zero point for the bytes of a value.
    mutating func zeroPoint(_ zero: Int, of value: ValueID) -> ValueID {
        self.constant(Tensor(scalar: Double(zero), self[value].type.dataType), name: "zero_point")
    }
}
