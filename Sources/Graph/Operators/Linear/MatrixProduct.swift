/// The shapes of one (batched, broadcast) matrix product, worked out once for type rules, gradients and kernels.
package struct MatrixProduct: Sendable, Hashable {
    /// Sizes of the broadcast leading axes.
    package let batch: [Int]
    package let m: Int
    package let n: Int
    package let k: Int
    /// The left operand's shape with at least two axes, as it lies in memory (before `transposeA`).
    package let left: [Int]
    /// The right operand's shape with at least two axes, as it lies in memory (before `transposeB`).
    package let right: [Int]
    /// The result's shape, without the axes that 1-D operands do not have.
    package let outputShape: [Int]

    /// - Parameters:
    ///   - transposeA: the last two axes of `a` are swapped before the product.
    ///   - transposeB: the last two axes of `b` are swapped before the product.
    package init(
        _ a: TensorType, _ b: TensorType, transposeA: Bool = false, transposeB: Bool = false, in subject: String
    ) throws(GraphError) {
        guard a.dataType == b.dataType, ElementTypes.numeric.contains(a.dataType) else {
            throw GraphError(.dataType, subject, "a is \(a), b is \(b); both must be numbers of one type")
        }
        guard a.rank >= (transposeA ? 2 : 1), b.rank >= (transposeB ? 2 : 1) else {
            throw GraphError(.shape, subject, "a is \(a), b is \(b): an operand has too few axes")
        }
        let left = a.rank == 1 ? [1] + a.shape : a.shape
        let right = b.rank == 1 ? b.shape + [1] : b.shape
        let (m, k) = transposeA ? (left[left.count - 1], left[left.count - 2]) : (left[left.count - 2], left[left.count - 1])
        let (inner, n) =
            transposeB ? (right[right.count - 1], right[right.count - 2]) : (right[right.count - 2], right[right.count - 1])
        guard k == inner else {
            throw GraphError(.shape, subject, "K is \(k) in a and \(inner) in b (a is \(a), b is \(b))")
        }
        self.batch = try Broadcast.shape(Array(left.dropLast(2)), Array(right.dropLast(2)), in: subject)
        self.m = m
        self.n = n
        self.k = k
        self.left = left
        self.right = right
        self.outputShape = self.batch + (a.rank == 1 ? [] : [m]) + (b.rank == 1 ? [] : [n])
    }

    /// The number of matrix products.
    package var batchCount: Int { self.batch.reduce(1, *) }

    /// Every product of the batch uses the same right matrix and the left ones follow each other, so that all
    /// are one product with `batchCount * m` rows.
    package var isCollapsible: Bool {
        self.right.dropLast(2).allSatisfy { $0 == 1 } && self.left.dropLast(2).reduce(1, *) == self.batchCount
    }

    /// Offsets in elements of each product's operands.
    package var batchOffsets: (left: [Int], right: [Int]) {
        let leftStrides = Broadcast.strides(of: Array(self.left.dropLast(2)), as: self.batch)
        let rightStrides = Broadcast.strides(of: Array(self.right.dropLast(2)), as: self.batch)
        var left: [Int] = []
        var right: [Int] = []
        for index in 0..<self.batchCount {
            var rest = index
            var a = 0
            var b = 0
            for axis in self.batch.indices.reversed() {
                a += rest % self.batch[axis] * leftStrides[axis]
                b += rest % self.batch[axis] * rightStrides[axis]
                rest /= self.batch[axis]
            }
            left.append(a * self.m * self.k)
            right.append(b * self.k * self.n)
        }
        return (left, right)
    }
}
