/// Normalises every row to mean 0 and variance 1, then scales and shifts. ONNX `LayerNormalization` 17, output `Y` only.
///
/// A row is all axes from `axis` on; `Scale` and `B` have the shape of a row. Below opset 17 it is written as the
/// reductions it stands for.
package struct LayerNormalization: OnnxOperator {
    package static let schema = OperatorSchema("LayerNormalization", inputs: ["X", "Scale"], optional: ["B"], outputs: ["Y"])

    /// The first normalised axis, possibly negative.
    package let axis: Int
    /// Added to the variance.
    package let epsilon: Float

    package init(axis: Int = -1, epsilon: Float = 1e-5) {
        self.axis = axis
        self.epsilon = epsilon
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        guard reader.outputCount <= 1 else {
            throw GraphError(.unsupported, "LayerNormalization", "outputs Mean and InvStdDev")
        }
        guard try reader.int("stash_type") ?? 1 == 1 else {
            throw GraphError(.unsupported, "LayerNormalization", "stash_type other than float32")
        }
        self.init(axis: try reader.int("axis") ?? -1, epsilon: try reader.float("epsilon") ?? 1e-5)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        let row = try self.rowShape(x)
        guard x.dataType == .float32 else { throw GraphError(.dataType, self.name, "X is \(x), must be float32") }
        guard try self.type(inputs, 1) == TensorType(.float32, row) else {
            throw GraphError(.shape, self.name, "Scale is \(try self.type(inputs, 1)), must be float32\(row)")
        }
        if let bias = self.optionalType(inputs, 2), bias != TensorType(.float32, row) {
            throw GraphError(.shape, self.name, "B is \(bias), must be float32\(row)")
        }
        return [x]
    }

    /// The shape of what is normalised together, and of `Scale` and `B`.
    package func rowShape(_ x: TensorType) throws(GraphError) -> [Int] {
        Array(x.shape[try self.normalizedAxis(self.axis, rank: x.rank)...])
    }

    package var gradient: Gradient {
        .rule { [self] (context) throws(GraphError) in
            let parameters = context.needs(1) || context.needs(2)
            let inputs = [try context.input(0), try context.input(1), try context.dy()]
            let gradients = try context.emitAll(LayerNormalizationGradient(forward: self, parameters: parameters), inputs)
            return context.node.inputs.indices.map { context.needs($0) ? gradients[$0] : nil }
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        if opset >= 17 {
            return .node(OnnxNode("LayerNormalization", [("axis", .int(self.axis)), ("epsilon", .float(self.epsilon))]))
        }
        return .lowered { (graph, inputs) throws(GraphError) in
            guard let x = inputs[0], let scale = inputs[1] else {
                throw GraphError(.arity, "LayerNormalization", "a required input is absent")
            }
            let rank = graph[x].type.rank
            let axes = Array(try self.normalizedAxis(self.axis, rank: rank)..<rank)
            let mean = try graph.apply(ReduceMean(axes: axes, keepDimensions: true), x)
            let centred = try graph.apply(Sub(), x, mean)
            let square = try graph.apply(Mul(), centred, centred)
            let variance = try graph.apply(ReduceMean(axes: axes, keepDimensions: true), square)
            let epsilon = graph.constant(Tensor([self.epsilon], shape: []), name: "epsilon")
            let deviation = try graph.apply(Sqrt(), try graph.apply(Add(), variance, epsilon))
            let scaled = try graph.apply(Mul(), try graph.apply(Div(), centred, deviation), scale)
            guard inputs.count > 2, let bias = inputs[2] else { return [scaled] }
            return [try graph.apply(Add(), scaled, bias)]
        }
    }
}
