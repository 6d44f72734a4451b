/// Where batch, heads and rows of an operand of attention lie in a tensor, whose last axis is always the elements of one row
/// of one head.
///
/// `[B, H, N, D]` is what ONNX has. Projections lie as tokens, `[B, N, H, D]`, and a joint projection holds several of them,
/// `[B, N, 3, H, D]`: what is read where it lies needs no copy.
package struct AttentionOperand: Sendable, Hashable, CustomStringConvertible {
    /// The axes of batch, heads and rows.
    package let axes: [Int]
    /// The index along the remaining axis of a tensor with five axes; nil for one with four.
    package let part: Int?

    /// `[B, H, N, D]`
    package static let heads = AttentionOperand(axes: [0, 1, 2])
    /// `[B, N, H, D]`
    package static let tokens = AttentionOperand(axes: [0, 2, 1])

    package init(axes: [Int], part: Int? = nil) {
        self.axes = axes
        self.part = part
    }

    /// Axes of the tensor.
    package var rank: Int { self.part == nil ? 4 : 5 }

    /// The axis along which the part lies; nil when there is none.
    package var partAxis: Int? { self.part.flatMap { _ in (0..<4).first { !self.axes.contains($0) } } }

    /// The type of the operand as `[B, H, N, D]`.
    package func type(_ tensor: TensorType, in subject: String) throws(GraphError) -> TensorType {
        let known = Set(0..<(self.rank - 1))
        guard self.axes.count == 3, Set(self.axes).count == 3, known.isSuperset(of: self.axes), tensor.rank == self.rank else {
            throw GraphError(.shape, subject, "an operand is \(tensor), arranged as \(self)")
        }
        if let part = self.part, let axis = self.partAxis {
            guard part >= 0, part < tensor.shape[axis] else {
                throw GraphError(.attribute, subject, "part \(part) of \(tensor), arranged as \(self)")
            }
        }
        return TensorType(tensor.dataType, self.axes.map { tensor.shape[$0] } + tensor.shape.suffix(1))
    }

    /// The type of the tensor without parts that holds an operand `[B, H, N, D]`.
    package func tensor(_ operand: TensorType) -> TensorType {
        var shape = operand.shape
        for (place, axis) in self.axes.enumerated() { shape[axis] = operand.shape[place] }
        return TensorType(operand.dataType, shape)
    }

    /// Elements before the operand's first.
    package func offset(in tensor: TensorType) -> Int { (self.part ?? 0) * (self.partAxis.map { tensor.strides[$0] } ?? 0) }

    /// Elements from one batch, head and row to the next.
    package func strides(in tensor: TensorType) -> (Int, Int, Int) {
        let strides = tensor.strides
        return (strides[self.axes[0]], strides[self.axes[1]], strides[self.axes[2]])
    }

    /// Emits the operand as `[B, H, N, D]`.
    func separated(in graph: inout Graph, _ tensor: ValueID) throws(GraphError) -> ValueID {
        var (value, axes) = (tensor, self.axes)
        if let part = self.part, let axis = self.partAxis {
            value = try graph.apply(Slice(starts: [part], ends: [part + 1], axes: [axis]), value)
            value = try graph.apply(Squeeze(axes: [axis]), value)
            axes = axes.map { $0 > axis ? $0 - 1 : $0 }
        }
        return axes == [0, 1, 2] ? value : try graph.apply(Transpose(permutation: axes + [3]), value)
    }

    /// Emits the tensor without parts of an operand `[B, H, N, D]`.
    func joined(in graph: inout Graph, _ operand: ValueID) throws(GraphError) -> ValueID {
        self == .heads ? operand : try graph.apply(Transpose(permutation: self.order), operand)
    }

    /// The permutation that makes a tensor without parts of an operand `[B, H, N, D]`.
    package var order: [Int] { (0..<3).map { axis in self.axes.firstIndex(of: axis) ?? axis } + [3] }

    /// The axes' letters, the part's index where it lies: `B N 2 H D`.
    package var description: String {
        var letters = [String](repeating: "\(self.part ?? 0)", count: self.rank - 1)
        for (axis, letter) in zip(self.axes, ["B", "H", "N"]) where letters.indices.contains(axis) { letters[axis] = letter }
        return letters.joined(separator: " ") + " D"
    }
}
