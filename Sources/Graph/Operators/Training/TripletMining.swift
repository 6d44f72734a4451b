/// Chooses a negative for every pair of an anchor and a positive of a batch, from the distances of all its rows.
///
/// `distances` float32 `[N, N]`, `labels` int64 `[N]` with a bit for each label that holds, `mask` float32 `[N]` (rows of 0 take
/// no part), `seed` int64 `[2]`: seed and step. Two rows form a pair when their labels are equal and they are not the same row;
/// a row is a negative of an anchor when they share no label. With the excess `ℓ = d(a, p) - d(a, n) + margin`, a pair whose
/// negatives all have ℓ ≤ 0 yields no triplet.
///
/// Outputs, `T = N (N - 1)` rows each: `anchors`, `positives`, `negatives` int64, and `found` float32, 1 for triplets. The pair
/// (a, p) has row `a (N - 1) + p`, or one less where p is behind a; rows without a triplet hold 0. Random choices are functions
/// of seed, step, `stream` and the row alone.
package struct TripletMining: Operator {
    package static let schema = OperatorSchema(
        "TripletMining", inputs: ["distances", "labels", "mask", "seed"], outputs: ["anchors", "positives", "negatives", "found"])

    package enum Choice: String, Sendable, Hashable, Codable, CaseIterable {
        /// At random among 0 < ℓ < margin; where there is none, as `randomHard`.
        case semiHard = "semi_hard"
        /// The largest ℓ, the first of equal ones.
        case hardest
        /// At random among 0 < ℓ.
        case randomHard = "random_hard"
    }

    package let choice: Choice
    package let margin: Float
    /// Different for every random choice of a graph.
    package let stream: Int

    package init(_ choice: Choice, margin: Float, stream: Int) {
        self.choice = choice
        self.margin = margin
        self.stream = stream
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        var dims = Dims(self.name)
        try dims.match(try self.type(inputs, 0), "N", "N", in: "distances")
        try dims.match(try self.type(inputs, 1), "N", in: "labels")
        try dims.match(try self.type(inputs, 2), "N", in: "mask")
        let types = try (0..<4).map { index throws(GraphError) in try self.type(inputs, index) }
        guard types[0].dataType == .float32, types[1].dataType == .int64, types[2].dataType == .float32 else {
            throw GraphError(.dataType, self.name, "does not take \(types[0]), \(types[1]) and \(types[2])")
        }
        guard types[3] == TensorType(.int64, [2]) else {
            throw GraphError(.shape, self.name, "seed must be int64[2], is \(types[3])")
        }
        guard self.margin > 0, self.margin.isFinite else { throw GraphError(.attribute, self.name, "margin is \(self.margin)") }
        let count = types[1].elementCount
        guard count >= 2 else { throw GraphError(.shape, self.name, "a batch of \(count) has no pairs") }
        let rows = [count * (count - 1)]
        return [TensorType](repeating: TensorType(.int64, rows), count: 3) + [TensorType(.float32, rows)]
    }

    /// The choice is taken as given: it does not change with the distances but where it jumps.
    package var gradient: Gradient { .rule { (_) throws(GraphError) in [nil, nil, nil, nil] } }

    package func onnx(opset: Int) -> OnnxSpelling { .none(reason: "training only") }
}
