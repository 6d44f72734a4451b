/// Offsets of the elements of a shape, in row-major order, into tensors with given strides. Made with the kernel; running
/// it allocates nothing.
package struct StridedIndex: Sendable {
    private let shape: [Int]
    private let strides: [[Int]]
    package let count: Int

    /// - Parameter strides: element strides per tensor, each as long as the shape.
    package init(_ shape: [Int], strides: [[Int]]) {
        self.shape = shape
        self.strides = strides
        self.count = shape.reduce(1, *)
    }

    /// The offset of element `index` into tensor `tensor`.
    package func offset(_ index: Int, _ tensor: Int) -> Int {
        var rest = index
        var offset = 0
        for axis in self.shape.indices.reversed() {
            offset += rest % self.shape[axis] * self.strides[tensor][axis]
            rest /= self.shape[axis]
        }
        return offset
    }
}

/// Joins neighbouring axes along which every tensor steps evenly, and drops axes of size 1: fewer, longer loops.
/// - Parameter strides: element strides per tensor.
/// - Returns: at least one axis.
package func coalesced(_ shape: [Int], strides: [[Int]]) -> (shape: [Int], strides: [[Int]]) {
    var sizes: [Int] = []
    var steps = strides.map { _ in [Int]() }
    for axis in shape.indices where shape[axis] != 1 {
        let last = sizes.count - 1
        let joins = last >= 0 && strides.indices.allSatisfy { steps[$0][last] == strides[$0][axis] * shape[axis] }
        if joins {
            sizes[last] *= shape[axis]
            for tensor in strides.indices { steps[tensor][last] = strides[tensor][axis] }
        } else {
            sizes.append(shape[axis])
            for tensor in strides.indices { steps[tensor].append(strides[tensor][axis]) }
        }
    }
    return sizes.isEmpty ? ([1], strides.map { _ in [1] }) : (sizes, steps)
}
