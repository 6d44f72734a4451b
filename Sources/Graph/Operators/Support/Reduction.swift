/// The axes of a reduction and whether they stay as size 1: what all `Reduce…` operators share.
package struct Reduction: Sendable, Hashable {
    /// Possibly negative; empty means all axes.
    package let axes: [Int]
    package let keepDimensions: Bool
    /// No axis at all, whatever `axes` says (`noop_with_empty_axes`).
    package let reducesNothing: Bool

    package init(axes: [Int], keepDimensions: Bool, reducesNothing: Bool = false) {
        self.axes = axes
        self.keepDimensions = keepDimensions
        self.reducesNothing = reducesNothing
    }

    /// The same with the reduced axes as size 1.
    package var kept: Reduction {
        Reduction(axes: self.axes, keepDimensions: true, reducesNothing: self.reducesNothing)
    }

    /// - Parameter since: the opset from which on `axes` is an input instead of an attribute.
    package init(onnx reader: inout OnnxReader, axesInputSince since: Int) throws(GraphError) {
        let keep = try reader.int("keepdims") ?? 1
        let attribute = try reader.ints("axes")
        let input = reader.opset >= since ? try reader.constantInts(input: 1) : nil
        let noop = try reader.int("noop_with_empty_axes") ?? 0
        let axes = attribute ?? input ?? []
        self.init(axes: axes, keepDimensions: keep != 0, reducesNothing: noop != 0 && axes.isEmpty)
    }

    /// Axes as sorted indices into a shape of that rank.
    package func normalizedAxes(rank: Int, in subject: String) throws(GraphError) -> [Int] {
        if self.reducesNothing { return [] }
        guard !self.axes.isEmpty else { return Array(0..<rank) }
        var result: Set<Int> = []
        for axis in self.axes {
            guard axis >= -rank, axis < rank else {
                throw GraphError(.attribute, subject, "axis \(axis) is outside -\(rank)..<\(rank)")
            }
            result.insert(axis < 0 ? axis + rank : axis)
        }
        return result.sorted()
    }

    /// The input's shape with size 1 along the reduced axes.
    package func keptShape(_ type: TensorType, in subject: String) throws(GraphError) -> [Int] {
        var shape = type.shape
        for axis in try self.normalizedAxes(rank: type.rank, in: subject) { shape[axis] = 1 }
        return shape
    }

    package func outputType(_ type: TensorType, in subject: String) throws(GraphError) -> TensorType {
        if self.keepDimensions { return TensorType(type.dataType, try self.keptShape(type, in: subject)) }
        let reduced = Set(try self.normalizedAxes(rank: type.rank, in: subject))
        return TensorType(type.dataType, type.shape.indices.filter { !reduced.contains($0) }.map { type.shape[$0] })
    }

    package func spelling(_ type: String, opset: Int, axesInputSince since: Int) -> OnnxSpelling {
        let keep: (name: String, value: OnnxValue) = ("keepdims", .int(self.keepDimensions ? 1 : 0))
        if self.reducesNothing {
            guard opset >= since else { return .none(reason: "\(type) without axes needs opset \(since)") }
            return .node(OnnxNode(type, [keep, ("noop_with_empty_axes", .int(1))]))
        }
        if self.axes.isEmpty { return .node(OnnxNode(type, [keep])) }
        if opset >= since {
            return .node(OnnxNode(type, [keep], constants: [Tensor(self.axes.map { Int64($0) }, shape: [self.axes.count])]))
        }
        return .node(OnnxNode(type, [("axes", .ints(self.axes)), keep]))
    }
}
