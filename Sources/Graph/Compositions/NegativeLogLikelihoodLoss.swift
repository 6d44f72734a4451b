/// The negative log-probability of each target class, weighted by class. ONNX `NegativeLogLikelihoodLoss` 22.
struct NegativeLogLikelihoodLoss: OnnxComposition {
    static let onnxTypes = ["NegativeLogLikelihoodLoss"]

    private let loss: ClassLoss

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.loss = try ClassLoss(onnx: &reader)
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let (x, target) = (try self.input(inputs, 0), try self.input(inputs, 1))
        return [try self.loss.emit(into: &graph, x, target, weights: self.optionalInput(inputs, 2))]
    }
}

/// The same of the softmax of the input, and its logarithm. ONNX `SoftmaxCrossEntropyLoss` 13.
struct SoftmaxCrossEntropyLoss: OnnxComposition {
    static let onnxTypes = ["SoftmaxCrossEntropyLoss"]

    private let loss: ClassLoss

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        self.loss = try ClassLoss(onnx: &reader)
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let target = try self.input(inputs, 1)
        let logs = try graph.apply(LogSoftmax(axis: 1), try self.input(inputs, 0))
        return [try self.loss.emit(into: &graph, logs, target, weights: self.optionalInput(inputs, 2)), logs]
    }
}

/// What both losses share: log-probabilities [N, C, ...], targets [N, ...] and optional weights [C].
private struct ClassLoss {
    private enum Reduced: String {
        case none
        case sum
        /// By the weights of the targets that count.
        case mean
    }

    private let subject: String
    private let reduced: Reduced
    /// Targets of this class do not count, whatever it is.
    private let ignored: Int?

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        let text = try reader.string("reduction") ?? "mean"
        guard let reduced = Reduced(rawValue: text) else {
            throw GraphError(.attribute, reader.type, "reduction = \(text)")
        }
        self.subject = reader.type
        self.reduced = reduced
        self.ignored = try reader.int("ignore_index")
    }

    func emit(
        into graph: inout Graph, _ logs: ValueID, _ target: ValueID, weights: ValueID?
    ) throws(GraphError) -> ValueID {
        let type = graph.type(logs)
        let labels = graph.type(target)
        guard type.rank >= 2, labels.shape == [type.shape[0]] + type.shape.dropFirst(2) else {
            throw GraphError(.shape, self.subject, "targets are \(labels) for \(type)")
        }
        var classes = target
        var mask: ValueID?
        if let ignored = self.ignored {
            let hits = try graph.apply(Equal(), target, graph.number(Double(ignored), labels.dataType))
            // Any class will do where the target does not count.
            classes = try graph.apply(Where(), hits, graph.number(0, labels.dataType), target)
            mask = hits
        }
        let places = try graph.apply(Unsqueeze(axes: [1]), classes)
        let picked = try graph.apply(Squeeze(axes: [1]), try graph.apply(GatherElements(axis: 1), logs, places))
        var loss = try graph.apply(Neg(), picked)
        var shares = try weights.map { (weights) throws(GraphError) in try graph.apply(Gather(axis: 0), weights, classes) }
        if let shares { loss = try graph.apply(Mul(), loss, shares) }
        if let mask {
            let zero = graph.number(0, type.dataType)
            loss = try graph.apply(Where(), mask, zero, loss)
            shares = try graph.apply(Where(), mask, zero, shares ?? graph.number(1, type.dataType))
        }
        let all = Reduction(axes: [], keepDimensions: false)
        switch self.reduced {
        case .none: return loss
        case .sum: return try graph.apply(ReduceSum(all), loss)
        case .mean:
            guard let shares else { return try graph.apply(ReduceMean(axes: [], keepDimensions: false), loss) }
            return try graph.apply(Div(), try graph.apply(ReduceSum(all), loss), try graph.apply(ReduceSum(all), shares))
        }
    }
}
