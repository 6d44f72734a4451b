/// Dropout while training: each element is kept with probability `1 - ratio` and then multiplied by `1 / (1 - ratio)`.
///
/// `seed` is int64 `[2]`: seed and step. Which elements are kept is a function of seed, step, `stream` and the element's
/// index alone (Philox4x32-10), so it is the same for any number of threads. Ratio 0 keeps everything exactly.
/// `DropoutTraining` of ones `[N, 1, 1]` times a tensor is stochastic depth.
package struct DropoutTraining: Operator {
    package static let schema = OperatorSchema("DropoutTraining", inputs: ["x", "seed"], outputs: ["y", "mask"])

    /// In `0..<1`.
    package let ratio: Float
    /// Different for every dropout of a graph.
    package let stream: Int

    package init(ratio: Float, stream: Int) {
        self.ratio = ratio
        self.stream = stream
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.type(inputs, 0)
        let seed = try self.type(inputs, 1)
        guard self.ratio >= 0, self.ratio < 1 else {
            throw GraphError(.attribute, self.name, "ratio \(self.ratio) is outside 0..<1")
        }
        guard x.dataType == .float32 else { throw GraphError(.dataType, self.name, "does not take \(x)") }
        guard seed == TensorType(.int64, [2]) else { throw GraphError(.shape, self.name, "seed must be int64[2], is \(seed)") }
        return [x, TensorType(.bool, x.shape)]
    }

    package var gradient: Gradient {
        let ratio = self.ratio
        return .rule { (context) throws(GraphError) in
            [try context.emit(DropoutGradient(ratio: ratio), try context.dy(), context.outputs[1]), nil]
        }
    }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only; Dropout is the identity when served") }
}
