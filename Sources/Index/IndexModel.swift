/// Where the vectors of an index come from. Vectors of different models have nothing to do with each other, so that an index
/// belongs to one model and refuses all others.
package struct IndexModel: Sendable, Hashable, CustomStringConvertible {
    /// The SHA-256 of the model's file: 64 lower-case hexadecimal digits.
    package let sha256: String
    /// Elements of a vector.
    package let dimension: Int
    /// Whether the vectors are averages over views of a picture (test-time augmentation).
    package let isAugmented: Bool
    /// Whether the model computed in bfloat16, which turns vectors a little; else in float32.
    package let isBFloat16: Bool

    package init(sha256: String, dimension: Int, isAugmented: Bool = false, isBFloat16: Bool = false) {
        self.sha256 = sha256
        self.dimension = dimension
        self.isAugmented = isAugmented
        self.isBFloat16 = isBFloat16
    }

    package var description: String {
        "model \(self.sha256.prefix(12)) with \(self.dimension) dimensions\(self.isAugmented ? ", averaged over views" : "")"
            + (self.isBFloat16 ? ", computed in bfloat16" : "")
    }
}

extension IndexModel {
    /// How the vectors were made, as one number: 1 for averages over views, 2 more for bfloat16.
    var making: Int { (self.isAugmented ? 1 : 0) + (self.isBFloat16 ? 2 : 0) }

    /// - Parameter making: as an index keeps it.
    init(sha256: String, dimension: Int, making: Int) {
        self.init(sha256: sha256, dimension: dimension, isAugmented: making & 1 != 0, isBFloat16: making & 2 != 0)
    }
}
