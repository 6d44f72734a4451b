package import CKernels
import Graph

/// Copies numbers into a fixed-size array of a C struct, which Swift sees as a tuple.
private func assign<Tuple, Element: BitwiseCopyable>(_ values: [Element], to tuple: inout Tuple, at start: Int = 0) {
    withUnsafeMutableBytes(of: &tuple) { bytes in
        for (index, value) in values.enumerated() {
            bytes.storeBytes(of: value, toByteOffset: (start + index) * MemoryLayout<Element>.stride, as: Element.self)
        }
    }
}

extension ck_broadcast {
    /// How inputs of these shapes broadcast to a dense output; nil when that takes more axes than C has room for.
    package init?(_ inputs: [[Int]], to output: [Int]) {
        let strides = inputs.map { Broadcast.strides(of: $0, as: output) }
        // The dense output takes part so that only axes that are neighbours in it are joined.
        let joined = coalesced(output, strides: strides + [TensorType(.float32, output).strides])
        guard joined.shape.count <= Int(CK_MAX_RANK) else { return nil }
        self.init()
        self.rank = joined.shape.count
        assign(joined.shape, to: &self.count)
        for index in inputs.indices { assign(joined.strides[index], to: &self.stride, at: index * Int(CK_MAX_RANK)) }
    }
}

extension ck_layout_copy {
    /// A copy of `shape` elements between two layouts; nil when that takes more axes than C has room for.
    package init?(_ shape: [Int], source: [Int], destination: [Int], element: Int) {
        let joined = coalesced(shape, strides: [source, destination])
        guard joined.shape.count <= Int(CK_MAX_RANK) else { return nil }
        self.init()
        self.rank = joined.shape.count
        self.element = element
        assign(joined.shape, to: &self.count)
        assign(joined.strides[0], to: &self.source)
        assign(joined.strides[1], to: &self.destination)
    }
}

extension ck_reduction {
    /// The reduction of a dense shape along sorted axes; nil for what C does not take.
    package init?(_ shape: [Int], axes: [Int]) {
        let strides = TensorType(.float32, shape).strides
        let kept = shape.indices.filter { !axes.contains($0) }
        let reducedPart = coalesced(axes.map { shape[$0] }, strides: [axes.map { strides[$0] }])
        let keptPart = coalesced(kept.map { shape[$0] }, strides: [kept.map { strides[$0] }])
        let count = shape.reduce(1, *)
        guard count > 0, reducedPart.shape.count <= Int(CK_MAX_RANK), keptPart.shape.count <= Int(CK_MAX_RANK) else { return nil }
        let reducedCount = reducedPart.shape.reduce(1, *)
        let keptCount = keptPart.shape.reduce(1, *)
        self.init()
        self.reduced_rank = reducedPart.shape.count
        self.kept_rank = keptPart.shape.count
        assign(reducedPart.shape, to: &self.reduced)
        assign(reducedPart.strides[0], to: &self.reduced_stride)
        assign(keptPart.shape, to: &self.kept)
        assign(keptPart.strides[0], to: &self.kept_stride)
        // Parts for the threads where there are few results, never depending on the number of threads.
        let isInner = reducedPart.strides[0].last == 1
        let units = isInner ? keptCount : keptCount / 128 + 1
        self.parts = units >= 16 ? 1 : max(1, min(16, count / 32768, reducedCount / 64))
    }

    /// Bytes for the results of the parts.
    package var workspaceByteCount: Int {
        guard self.parts > 1 else { return 0 }
        let kept = withUnsafeBytes(of: self.kept) { $0.bindMemory(to: Int.self).prefix(self.kept_rank).reduce(1, *) }
        return kept * self.parts * MemoryLayout<Float>.stride
    }
}

extension ck_layout_copy {
    /// A copy of bytes as they lie.
    package init(bytes: Int) {
        self.init()
        self.rank = 1
        self.element = 1
        self.count.0 = bytes
        self.source.0 = 1
        self.destination.0 = 1
    }
}
