/// `BatchNormalization` as ONNX has it: by given statistics, or with `training_mode` by the batch's own, which are then
/// returned and joined with the given ones. ONNX `BatchNormalization` 7 to 15.
package struct BatchNormalizationNode: OnnxComposition {
    package static let onnxTypes = ["BatchNormalization"]

    private let operation: BatchNormalization
    /// The share of the given statistics in the new ones; nil where they are used as they are.
    private let momentum: Float?

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        // Opset 7 could keep statistics per element, which nobody writes.
        guard try reader.int("spatial") ?? 1 == 1 else { throw GraphError(.unsupported, reader.type, "spatial 0") }
        let momentum = try reader.float("momentum") ?? 0.9
        // Before opset 14 more outputs meant training.
        let mode = try reader.int("training_mode") ?? (reader.opset < 14 && reader.outputCount > 1 ? 1 : 0)
        self.momentum = mode == 0 ? nil : momentum
        self.operation = BatchNormalization(epsilon: try reader.float("epsilon") ?? 1e-5)
    }

    /// Outputs y, the new mean and variance, and those of the batch.
    package func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        guard let momentum = self.momentum else { return [try graph.append(self.operation, inputs)[0]] }
        let x = try self.input(inputs, 0)
        let rank = graph[x].type.rank
        let axes = Array(0..<rank).filter { $0 != 1 }
        let wide = try graph.apply(ReduceMean(axes: axes, keepDimensions: true), x)
        let centred = try graph.apply(Sub(), x, wide)
        let squares = try graph.apply(Mul(), centred, centred)
        let variance = try graph.apply(ReduceMean(axes: axes, keepDimensions: false), squares)
        let mean = try graph.apply(Squeeze(axes: axes), wide)
        let y = try graph.apply(self.operation, x, try self.input(inputs, 1), try self.input(inputs, 2), mean, variance)
        var renewed: [ValueID] = []
        for (old, new) in [(try self.input(inputs, 3), mean), (try self.input(inputs, 4), variance)] {
            let type = graph[old].type.dataType
            let kept = graph.constant(Tensor(scalar: Double(momentum), type), name: "momentum")
            let taken = graph.constant(Tensor(scalar: 1 - Double(momentum), type), name: "rest")
            let share = try graph.apply(Mul(), try graph.cast(new, to: type), taken)
            renewed.append(try graph.apply(Add(), try graph.apply(Mul(), old, kept), share))
        }
        return [y] + renewed + [mean, variance]
    }
}
