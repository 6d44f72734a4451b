/// Where the vectors of an index come from. Vectors of different models have nothing to do with each other, so that an index
/// belongs to one model and refuses all others.
package struct IndexModel: Sendable, Hashable, CustomStringConvertible {
    /// The SHA-256 of the model's file: 64 lower-case hexadecimal digits.
    package let sha256: String
    /// Elements of a vector.
    package let dimension: Int
    /// Whether the vectors are averages over views of a picture (test-time augmentation).
    package let isAugmented: Bool

    package init(sha256: String, dimension: Int, isAugmented: Bool = false) {
        self.sha256 = sha256
        self.dimension = dimension
        self.isAugmented = isAugmented
    }

    package var description: String {
        "model \(self.sha256.prefix(12)) with \(self.dimension) dimensions\(self.isAugmented ? ", averaged over views" : "")"
    }
}
