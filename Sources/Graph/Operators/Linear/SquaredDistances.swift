/// The squared Euclidean distance between every row of x [N, D] and every row of y [M, D]: [N, M], float32.
///
/// Differences are squared, not taken from norms and products: equal rows have distance 0, and near ones keep their digits, as
/// the root behind it needs. Written as simpler ONNX operators.
package struct SquaredDistances: Operator {
    package static let schema = OperatorSchema("SquaredDistances", inputs: ["x", "y"], outputs: ["d"])

    package init() {}

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        var dims = Dims(self.name)
        let (x, y) = (try self.type(inputs, 0), try self.type(inputs, 1))
        try dims.match(x, "N", "D", in: "x")
        try dims.match(y, "M", "D", in: "y")
        guard x.dataType == .float32, y.dataType == .float32 else {
            throw GraphError(.dataType, self.name, "x is \(x), y is \(y); both must be float32")
        }
        return [TensorType(.float32, dims.shape("N", "M"))]
    }

    /// dx = 2 (x · row sums of dd - dd y), and the same with dd transposed for y.
    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let (x, y, dd) = (try context.input(0), try context.input(1), try context.dy())
            let turned = context.needs(1) ? try context.emit(Transpose(permutation: [1, 0]), dd) : dd
            return [
                context.needs(0) ? try context.pull(x, towards: y, dd) : nil,
                context.needs(1) ? try context.pull(y, towards: x, turned) : nil,
            ]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        .lowered { (graph, inputs) throws(GraphError) in
            let rows = try graph.apply(Unsqueeze(axes: [1]), inputs[0])
            let difference = try graph.apply(Sub(), rows, try graph.apply(Unsqueeze(axes: [0]), inputs[1]))
            let square = try graph.apply(Mul(), difference, difference)
            return [try graph.apply(ReduceSum(axes: [2], keepDimensions: false), square)]
        }
    }
}

extension GradientContext {
    /// The gradient of `rows` [N, D] from their distances' [N, M] to `others` [M, D].
    fileprivate mutating func pull(_ rows: ValueID, towards others: ValueID, _ slopes: ValueID) throws(GraphError) -> ValueID {
        let sums = try self.emit(ReduceSum(axes: [1], keepDimensions: true), slopes)
        let own = try self.emit(Mul(), rows, sums)
        let rest = try self.emit(Sub(), own, try self.emit(MatMul(), slopes, others))
        return try self.emit(Mul(), rest, self.scalar(2))
    }
}
