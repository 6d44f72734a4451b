/// `x / max(‖x‖, epsilon)` along an axis, PyTorch's `normalize`; the norm is L1 or L2. Written as simpler ONNX operators
/// where epsilon is not 0.
///
/// ONNX `LpNormalization` 22 has no epsilon: what has no length becomes NaN.
package struct LpNormalization: OnnxOperator {
    package static let schema = OperatorSchema("LpNormalization", inputs: ["x"])

    package enum Norm: Int, Sendable, Hashable {
        /// The sum of magnitudes.
        case l1 = 1
        case l2 = 2
    }

    package let axis: Int
    package let norm: Norm
    /// Not negative.
    package let epsilon: Float

    package init(axis: Int = -1, norm: Norm = .l2, epsilon: Float = 1e-12) {
        self.axis = axis
        self.norm = norm
        self.epsilon = epsilon
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let p = try reader.int("p") ?? 2
        guard let norm = Norm(rawValue: p) else { throw GraphError(.attribute, reader.type, "p = \(p)") }
        self.init(axis: try reader.int("axis") ?? -1, norm: norm, epsilon: 0)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.unaryType(inputs, [.float32])[0]
        _ = try self.normalizedAxis(self.axis, rank: x.rank)
        guard self.epsilon >= 0, self.epsilon.isFinite else {
            throw GraphError(.attribute, self.name, "epsilon is \(self.epsilon)")
        }
        return [x]
    }

    /// dx = (dy - s ⟨dy, y⟩) / n, n the divisor and s the slope of the norm: y for L2, sign(x) for L1, and 0 where n is epsilon.
    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let (x, y, dy) = (try context.input(0), context.outputs[0], try context.dy())
            let norm = try context.emit(self.reduction, self.norm == .l1 ? try context.emit(Abs(), x) : x)
            let divisor = try context.emit(Clip(min: Double(self.epsilon)), norm)
            let sum = try context.emit(self.sum, try context.emit(Mul(), dy, y))
            let isFree = try context.emit(Equal(), norm, divisor)
            let share = try context.emit(Where(), isFree, sum, context.scalar(0))
            let slope = self.norm == .l1 ? try context.emit(Sign(), x) : y
            let rest = try context.emit(Sub(), dy, try context.emit(Mul(), slope, share))
            return [try context.emit(Div(), rest, divisor)]
        }
    }

    private var sum: ReduceSum { ReduceSum(axes: [self.axis], keepDimensions: true) }

    /// What makes the norm: of x, or of its magnitudes.
    private var reduction: any Operator {
        self.norm == .l1 ? self.sum : ReduceL2(axes: [self.axis], keepDimensions: true)
    }

    package func onnx(opset: Int) -> OnnxSpelling {
        if self.epsilon == 0 {
            return .node(OnnxNode("LpNormalization", [("axis", .int(self.axis)), ("p", .int(self.norm.rawValue))]))
        }
        return .lowered { (graph, inputs) throws(GraphError) in
            let magnitudes = self.norm == .l1 ? try graph.apply(Abs(), inputs[0]) : inputs[0]
            let norm = try graph.apply(self.reduction, magnitudes)
            return [try graph.apply(Div(), inputs[0], try graph.apply(Clip(min: Double(self.epsilon)), norm))]
        }
    }
}
