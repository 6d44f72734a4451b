/// Losses that are compositions of operators. Each function emits into the graph and returns the loss, a scalar [].
///
/// `mask` holds what each sample or element counts (0 for what only fills a batch) and broadcasts to the values that a mean
/// runs over; a mean over nothing is NaN. Nodes are called `<name>/<operator>`, the loss itself `<name>`.
extension Graph {
    /// One minus the mean over samples of their F1 with p = sigmoid(logits) instead of decisions.
    ///
    /// `logits` and `targets` (0 or 1) [N, C]; `mask` [N]. Per sample precision P = Σ p y / (Σ p + 1e-7),
    /// recall R = Σ p y / (Σ y + 1e-7) and F1 = 2 P R / (P + R + 1e-7).
    package mutating func gradedMicroF1Loss(
        logits: ValueID, targets: ValueID, mask: ValueID? = nil, name: String = "loss"
    ) throws(GraphError) -> ValueID {
        let sum = ReduceSum(axes: [1], keepDimensions: false)
        let p = try self.emit(Sigmoid(), [logits], name)
        let hits = try self.emit(sum, [try self.emit(Mul(), [p, targets], name)], name)
        let epsilon = self.lossConstant(1e-7, name)
        func ratio(_ graph: inout Graph, _ values: ValueID) throws(GraphError) -> ValueID {
            let all = try graph.emit(sum, [values], name)
            return try graph.emit(Div(), [hits, try graph.emit(Add(), [all, epsilon], name)], name)
        }
        let precision = try ratio(&self, p)
        let recall = try ratio(&self, targets)
        let both = try self.emit(Add(), [try self.emit(Add(), [precision, recall], name), epsilon], name)
        let product = try self.emit(Mul(), [try self.emit(Mul(), [precision, recall], name), self.lossConstant(2, name)], name)
        let mean = try self.lossMean(try self.emit(Div(), [product, both], name), mask: mask, name)
        return try self.append(Sub(), [self.lossConstant(1, name), mean], name: name)[0]
    }

    /// The mean over classes of their Dice losses, with p = softmax(logits) over the classes.
    ///
    /// `logits` [N, K, spatial...], `labels` int64 [N, spatial...]. Per class, over the whole batch, with y 1 where the label
    /// is the class: `1 - (2 Σ p y + smooth) / (Σ p² + Σ y² + smooth)`.
    package mutating func multiclassDiceLoss(
        logits: ValueID, labels: ValueID, smooth: Float = 1e-5, name: String = "loss"
    ) throws(GraphError) -> ValueID {
        let type = self[logits].type
        guard type.rank >= 2 else { throw GraphError(.shape, name, "logits are \(type), need batch and class axes") }
        let classes = type.shape[1]
        let single = [Int](repeating: 1, count: type.rank - 2)
        let numbers = self.constant(Tensor((0..<classes).map { Int64($0) }, shape: [classes] + single), name: name + "/classes")
        let places = try self.emit(Unsqueeze(axes: [1]), [labels], name)
        let y = try self.emit(Cast(to: .float32), [try self.emit(Equal(), [places, numbers], name)], name)
        guard self[y].type.shape == type.shape else {
            throw GraphError(.shape, name, "labels are \(self[labels].type), logits \(type)")
        }
        let p = try self.emit(Softmax(axis: 1), [logits], name)
        let sum = ReduceSum(axes: [0] + Array(2..<type.rank), keepDimensions: false)
        func total(_ graph: inout Graph, _ a: ValueID, _ b: ValueID) throws(GraphError) -> ValueID {
            try graph.emit(sum, [try graph.emit(Mul(), [a, b], name)], name)
        }
        let offset = self.lossConstant(smooth, name)
        let both = try self.emit(Mul(), [try total(&self, p, y), self.lossConstant(2, name)], name)
        let squares = try self.emit(Add(), [try total(&self, p, p), try total(&self, y, y)], name)
        let numerator = try self.emit(Add(), [both, offset], name)
        let ratios = try self.emit(Div(), [numerator, try self.emit(Add(), [squares, offset], name)], name)
        return try self.append(Sub(), [self.lossConstant(1, name), try self.lossMean(ratios, mask: nil, name)], name: name)[0]
    }

    /// The mean of the squares of a - b; both of one shape.
    package mutating func meanSquaredError(
        _ a: ValueID, _ b: ValueID, mask: ValueID? = nil, name: String = "loss"
    ) throws(GraphError) -> ValueID {
        guard self[a].type == self[b].type else { throw GraphError(.shape, name, "\(self[a].type) and \(self[b].type)") }
        let difference = try self.emit(Sub(), [a, b], name)
        return try self.lossMean(try self.emit(Mul(), [difference, difference], name), mask: mask, name, isResult: true)
    }
}

extension Graph {
    /// Applies an operator with one output under the loss's name.
    mutating func emit(_ op: any Operator, _ inputs: [ValueID?], _ name: String) throws(GraphError) -> ValueID {
        try self.append(op, inputs, name: name + "/" + op.name)[0]
    }

    mutating func lossConstant(_ value: Float, _ name: String) -> ValueID {
        self.constant(Tensor([value], shape: []), name: name + "/constant")
    }

    /// The mean of all values, weighed by a mask that broadcasts to them.
    /// - Parameter isResult: the node gets the loss's own name.
    mutating func lossMean(
        _ values: ValueID, mask: ValueID?, _ name: String, isResult: Bool = false
    ) throws(GraphError) -> ValueID {
        let nodeName = isResult ? name : name + "/mean"
        guard let mask else {
            return try self.append(ReduceMean(axes: [], keepDimensions: false), [values], name: nodeName)[0]
        }
        let (type, weights) = (self[values].type, self[mask].type)
        guard try Broadcast.shape(weights.shape, type.shape, in: name) == type.shape, weights.elementCount > 0 else {
            throw GraphError(.shape, name, "mask is \(weights), does not broadcast to \(type)")
        }
        let sum = ReduceSum(axes: [], keepDimensions: false)
        let total = try self.emit(sum, [try self.emit(Mul(), [values, mask], name)], name)
        let repeats = self.lossConstant(Float(type.elementCount / weights.elementCount), name)
        let count = try self.emit(Mul(), [try self.emit(sum, [mask], name), repeats], name)
        return try self.append(Div(), [total, count], name: nodeName)[0]
    }
}
