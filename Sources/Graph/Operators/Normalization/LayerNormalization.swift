/// Normalises every row to mean 0 and variance 1, then scales and shifts. ONNX `LayerNormalization` 17.
///
/// A row is all axes from `axis` on; `Scale` and `B` have the shape of a row. Where asked for, every row's mean and 1 over
/// its deviation are outputs too, float32 with size 1 along the row's axes. Below opset 17 it is written as the reductions
/// it stands for. Passes ask for a `result` of another type than X's; parameters and arithmetic are float32 then.
package struct LayerNormalization: RowNormalization {
    package static let schema = OperatorSchema(
        "LayerNormalization", inputs: ["X", "Scale"], optional: ["B"], outputs: ["Y", "Mean", "InvStdDev"])

    package let axis: Int
    /// Added to the variance.
    package let epsilon: Float
    /// There are outputs `Mean` and `InvStdDev`.
    package let statistics: Bool
    /// Element type of Y beside float32 parameters, float32 or bfloat16, where X is one of the two; nil for that of X.
    package let result: DataType?

    package init(axis: Int = -1, epsilon: Float = 1e-5, statistics: Bool = false, result: DataType? = nil) {
        self.axis = axis
        self.epsilon = epsilon
        self.statistics = statistics
        self.result = result
    }

    /// The same normalisation with a result of that type.
    package func with(result: DataType) -> LayerNormalization {
        LayerNormalization(axis: self.axis, epsilon: self.epsilon, statistics: self.statistics, result: result)
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let (axis, epsilon) = try Self.attributes(&reader)
        self.init(axis: axis, epsilon: epsilon, statistics: reader.outputCount > 1)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.checkedOperands(inputs)
        let y = TensorType(self.result ?? x.dataType, x.shape)
        guard self.statistics else { return [y] }
        let leading = x.shape.dropLast(try self.rowShape(x).count)
        let perRow = TensorType(.float32, leading + [Int](repeating: 1, count: x.rank - leading.count))
        return [y, perRow, perRow]
    }

    /// The type of X; checks that the parameters are rows of it, of float32 beside a `result`.
    private func checkedOperands(_ inputs: [TensorType?]) throws(GraphError) -> TensorType {
        guard let result = self.result else { return try self.checkedRows(inputs) }
        let x = try self.type(inputs, 0)
        let known: Set<DataType> = [.float32, .bfloat16]
        guard known.contains(x.dataType), known.contains(result) else {
            throw GraphError(.dataType, self.name, "a result of \(result) for \(x)")
        }
        _ = try self.checkedRows([TensorType(.float32, x.shape)] + inputs.dropFirst())
        return x
    }

    package var gradient: Gradient {
        if self.result != nil { return .none(reason: "precision is chosen after differentiation") }
        if self.statistics { return .none(reason: "the gradient of statistics is not known") }
        return .rule { [self] (context) throws(GraphError) in
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
            let deviation = try graph.rootMeanSquare(centred, axes: axes, epsilon: self.epsilon)
            let scaled = try graph.apply(Mul(), try graph.apply(Div(), centred, deviation), scale)
            let y = inputs.count > 2 ? try inputs[2].map { (b) throws(GraphError) in try graph.apply(Add(), scaled, b) } : nil
            guard self.statistics else { return [y ?? scaled] }
            let mean32 = try graph.cast(mean, to: .float32)
            return [y ?? scaled, mean32, try graph.cast(try graph.apply(Reciprocal(), deviation), to: .float32)]
        }
    }
}
