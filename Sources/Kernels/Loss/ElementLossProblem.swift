package import CKernels
package import Graph

/// Where the elements of a loss over elements, and of its gradient, find their weights.
package struct ElementLossProblem: Sendable {
    package let count: Int
    /// Nil where the weights take more axes than C has room for.
    package let plan: ck_broadcast?
    private let index: StridedIndex

    /// - Parameters:
    ///   - logits: the type of the logits and targets.
    ///   - positive: the type of the weight of positive elements, nil when absent.
    ///   - mask: the type of the mask, nil when absent.
    package init(logits: TensorType, positive: TensorType?, mask: TensorType?) {
        let shapes = [positive?.shape ?? [], mask?.shape ?? []]
        self.count = logits.elementCount
        self.plan = ck_broadcast(shapes, to: logits.shape)
        self.index = StridedIndex(logits.shape, strides: shapes.map { Broadcast.strides(of: $0, as: logits.shape) })
    }

    /// Offsets of element `index` into the weights of positives and into the mask.
    package func offsets(_ index: Int) -> (positive: Int, mask: Int) {
        (self.index.offset(index, 0), self.index.offset(index, 1))
    }

    /// Bytes for `perPiece` sums of each piece.
    package func workspaceByteCount(perPiece: Int) -> Int {
        guard let plan = self.plan else { return 0 }
        return withUnsafePointer(to: plan) { ck_loss_pieces($0) } * perPiece * MemoryLayout<Double>.stride
    }

    /// The sums over all pieces of the `perPiece` numbers (at most four) that `fill` wrote into the workspace for each.
    package func sums(
        _ call: KernelCall, perPiece: Int, _ fill: (UnsafePointer<ck_broadcast>, UnsafeMutablePointer<Double>) -> Void
    ) -> SIMD4<Double> {
        var result = SIMD4<Double>()
        guard let plan = self.plan, let pieces = call.workspace?.assumingMemoryBound(to: Double.self) else { return result }
        withUnsafePointer(to: plan) { fill($0, pieces) }
        for index in 0..<(self.workspaceByteCount(perPiece: 1) / MemoryLayout<Double>.stride) {
            for place in 0..<perPiece { result[place] += pieces[index * perPiece + place] }
        }
        return result
    }
}

/// What an absent weight points at.
package enum AbsentWeight {
    /// One float, 1, that lives as long as the process.
    package static let one = Tensor([Float(1)], shape: [])
}

extension KernelCall {
    /// An optional input of weights, one where it is absent.
    package func weights(_ index: Int) -> UnsafePointer<Float> {
        self.optionalInput(index) ?? UnsafePointer(AbsentWeight.one.rawPointer.assumingMemoryBound(to: Float.self))
    }
}
