/// How a scale or a zero point is spread over the rows (of a left operand or a result) or columns (of a right operand) of
/// the matrices of a product: one for all, one for each, or one for each of every matrix.
package enum QuantizedPart: Sendable, Hashable {
    case row
    case column

    /// Throws unless a tensor of this type can be spread over matrices of `shape`, whose last two axes are theirs.
    func check(_ type: TensorType?, over shape: [Int], named name: String, in subject: String) throws(GraphError) {
        guard let type, type.elementCount != 1 || type.rank > 1 else { return }
        let rank = shape.count
        let single = self == .row ? rank - 1 : rank - 2
        guard rank >= 2, self.strides(of: type, over: shape) != nil else {
            throw GraphError(.shape, subject, "\(name) is \(type) for matrices of \(shape); axis \(single) must have size 1")
        }
    }

    /// Element strides over `shape`, nil where the tensor does not fit.
    package func strides(of type: TensorType, over shape: [Int]) -> [Int]? {
        if type.elementCount == 1 { return shape.map { _ in 0 } }
        let rank = shape.count
        let (own, single) = self == .row ? (rank - 2, rank - 1) : (rank - 1, rank - 2)
        var expected = [Int](repeating: 1, count: rank)
        if type.rank == 1 {
            expected[own] = type.shape[0]
        } else if type.rank == rank {
            expected = type.shape
        } else {
            return nil
        }
        guard expected[own] == shape[own], expected[single] == 1,
            zip(expected, shape).dropLast(2).allSatisfy({ $0 == $1 || $0 == 1 })
        else { return nil }
        return Broadcast.strides(of: expected, as: shape)
    }
}

extension ElementTypes {
    /// What the products of integers take.
    package static let bytes: Set<DataType> = [.uint8, .int8]
}

extension MatrixProduct {
    /// The product of integer matrices, with the result's shape as whole matrices.
    package init(
        bytes a: TensorType, _ b: TensorType, transposeB: Bool = false, in subject: String
    ) throws(GraphError) {
        guard ElementTypes.bytes.contains(a.dataType), ElementTypes.bytes.contains(b.dataType) else {
            throw GraphError(.dataType, subject, "a is \(a), b is \(b); both must be int8 or uint8")
        }
        try self.init(
            TensorType(.float32, a.shape), TensorType(.float32, b.shape), transposeB: transposeB, in: subject)
    }

    package var matrixShape: [Int] { self.batch + [self.m, self.n] }
}
