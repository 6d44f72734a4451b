/// `alpha op(a) op(b) + beta c`, a: [M, K] and b: [K, N] after `op`, c broadcast to [M, N]. Numbers of one type. ONNX `Gemm` 13.
package struct Gemm: OnnxOperator {
    package static let schema = OperatorSchema("Gemm", inputs: ["a", "b"], optional: ["c"])

    package let alpha: Float
    package let beta: Float
    package let transA: Bool
    package let transB: Bool

    package init(alpha: Float = 1, beta: Float = 1, transA: Bool = false, transB: Bool = false) {
        self.alpha = alpha
        self.beta = beta
        self.transA = transA
        self.transB = transB
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.init(
            alpha: try reader.float("alpha") ?? 1, beta: try reader.float("beta") ?? 1,
            transA: try reader.int("transA") ?? 0 != 0, transB: try reader.int("transB") ?? 0 != 0)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let a = try self.type(inputs, 0)
        let b = try self.type(inputs, 1)
        guard a.rank == 2, b.rank == 2 else {
            throw GraphError(.shape, self.name, "a is \(a), b is \(b); both must have two axes")
        }
        let plan = try MatrixProduct(a, b, transposeA: self.transA, transposeB: self.transB, in: self.name)
        if let c = self.optionalType(inputs, 2) {
            guard c.dataType == a.dataType else { throw GraphError(.dataType, self.name, "c is \(c)") }
            guard try Broadcast.shape(c.shape, plan.outputShape, in: self.name) == plan.outputShape else {
                throw GraphError(.shape, self.name, "c (\(c)) does not broadcast to \(plan.outputShape)")
            }
        }
        return [TensorType(a.dataType, plan.outputShape)]
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let a = try context.input(0)
            let b = try context.input(1)
            let dy = try context.dy()
            var gradients: [ValueID?] = [
                context.needs(0) ? try self.leftGradient(&context, dy, b) : nil,
                context.needs(1) ? try self.rightGradient(&context, dy, a) : nil,
            ]
            if context.node.inputs.count > 2 {
                gradients.append(context.needs(2) ? try self.addendGradient(&context, dy) : nil)
            }
            return gradients
        }
    }

    private func leftGradient(_ context: inout GradientContext, _ dy: ValueID, _ b: ValueID) throws(GraphError) -> ValueID {
        self.transA
            ? try context.emit(Gemm(alpha: self.alpha, transA: self.transB, transB: true), b, dy)
            : try context.emit(Gemm(alpha: self.alpha, transB: !self.transB), dy, b)
    }

    private func rightGradient(_ context: inout GradientContext, _ dy: ValueID, _ a: ValueID) throws(GraphError) -> ValueID {
        self.transB
            ? try context.emit(Gemm(alpha: self.alpha, transA: true, transB: self.transA), dy, a)
            : try context.emit(Gemm(alpha: self.alpha, transA: !self.transA), a, dy)
    }

    private func addendGradient(_ context: inout GradientContext, _ dy: ValueID) throws(GraphError) -> ValueID {
        let sum = try context.unbroadcast(dy, to: context.type(try context.input(2)))
        if self.beta == 1 { return sum }
        let beta = context.graph.constant(Tensor([self.beta], shape: []), name: context.node.name + "/beta")
        return try context.emit(Mul(), sum, beta)
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        .node(
            OnnxNode(
                "Gemm",
                [
                    ("alpha", .float(self.alpha)), ("beta", .float(self.beta)), ("transA", .int(self.transA ? 1 : 0)),
                    ("transB", .int(self.transB ? 1 : 0)),
                ]))
    }
}
