/// How far apart two embeddings are.
package enum EmbeddingDistance: String, Sendable, Hashable {
    case squaredEuclidean
    /// `√max(‖a - b‖², 1e-12)`
    case euclidean
}

extension Graph {
    /// The mean of `max(d(a, p) - d(a, n) + margin, 0)` over given triplets, 0 when there are none.
    ///
    /// - Parameters:
    ///   - queries: [N, D]; anchors are rows of it.
    ///   - items: [M, D]; positives and negatives are rows of it. The queries themselves for triplets within a batch.
    ///   - anchors: int64 [T], as are `positives` and `negatives`: row numbers. T is the capacity; rows not in use hold 0.
    ///   - mask: [T], 1 for triplets and 0 for rows not in use.
    package mutating func tripletLoss(
        queries: ValueID, items: ValueID, anchors: ValueID, positives: ValueID, negatives: ValueID, mask: ValueID, margin: Float,
        distance: EmbeddingDistance = .squaredEuclidean, name: String = "loss"
    ) throws(GraphError) -> ValueID {
        let gather = Gather(axis: 0)
        let anchor = try self.emit(gather, [queries, anchors], name)
        func away(_ graph: inout Graph, _ rows: ValueID) throws(GraphError) -> ValueID {
            let difference = try graph.emit(Sub(), [anchor, try graph.emit(gather, [items, rows], name)], name)
            let square = try graph.emit(Mul(), [difference, difference], name)
            let sum = try graph.emit(ReduceSum(axes: [1], keepDimensions: false), [square], name)
            return try graph.distance(distance, fromSquare: sum, name)
        }
        let near = try away(&self, positives)
        let far = try away(&self, negatives)
        guard self[mask].type == self[near].type, self[far].type == self[near].type else {
            throw GraphError(.shape, name, "mask is \(self[mask].type), distances \(self[near].type) and \(self[far].type)")
        }
        let hinge = try self.tripletHinge(near, far, margin, name)
        let sum = ReduceSum(axes: [], keepDimensions: false)
        let total = try self.emit(sum, [try self.emit(Mul(), [hinge, mask], name)], name)
        let count = try self.emit(Clip(min: 1), [try self.emit(sum, [mask], name)], name)
        return try self.append(Div(), [total, count], name: name)[0]
    }

    /// The mean over all rows of `max(d⁺ - d⁻ + margin, 0)`: d⁺ is the distance to the farthest row of the same label (the row
    /// itself included), d⁻ that to the nearest of another. A row without others of another label counts 0.
    ///
    /// `embeddings` [N, D], `labels` int64 [N]; `mask` [N] leaves anchors out of the mean, not out of the others' distances.
    package mutating func batchHardTripletLoss(
        embeddings: ValueID, labels: ValueID, mask: ValueID? = nil, margin: Float = 0.5,
        distance: EmbeddingDistance = .euclidean,
        name: String = "loss"
    ) throws(GraphError) -> ValueID {
        let count = self[labels].type.elementCount
        let squares = try self.emit(SquaredDistances(), [embeddings, embeddings], name)
        let distances = try self.distance(distance, fromSquare: squares, name)
        let columns = try self.emit(Reshape([count, 1]), [labels], name)
        let isSame = try self.emit(Equal(), [columns, try self.emit(Reshape([1, count]), [labels], name)], name)
        guard self[isSame].type.shape == self[distances].type.shape else {
            throw GraphError(.shape, name, "labels are \(self[labels].type), embeddings \(self[embeddings].type)")
        }
        let same = try self.emit(Where(), [isSame, distances, self.lossConstant(0, name)], name)
        let farthest = try self.emit(ReduceMax(axes: [1], keepDimensions: false), [same], name)
        let other = try self.emit(Where(), [isSame, self.lossConstant(1e5, name), distances], name)
        let nearest = try self.emit(ReduceMin(axes: [1], keepDimensions: false), [other], name)
        return try self.lossMean(try self.tripletHinge(farthest, nearest, margin, name), mask: mask, name, isResult: true)
    }

    private mutating func distance(
        _ distance: EmbeddingDistance, fromSquare square: ValueID, _ name: String
    ) throws(GraphError) -> ValueID {
        switch distance {
        case .squaredEuclidean: square
        case .euclidean: try self.emit(Sqrt(), [try self.emit(Clip(min: 1e-12), [square], name)], name)
        }
    }

    private mutating func tripletHinge(
        _ near: ValueID, _ far: ValueID, _ margin: Float, _ name: String
    ) throws(GraphError) -> ValueID {
        let difference = try self.emit(Sub(), [near, far], name)
        return try self.emit(Relu(), [try self.emit(Add(), [difference, self.lossConstant(margin, name)], name)], name)
    }
}
