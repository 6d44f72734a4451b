/// The classes of a case, up to 64: bit c is class c.
package struct LabelSet: Sendable, Hashable {
    package static let largestClassCount = 64

    package let bits: UInt64

    package init(bits: UInt64) {
        self.bits = bits
    }

    /// One class, as of a picture with one grade.
    package init(class index: Int) throws(MetricError) {
        guard (0..<Self.largestClassCount).contains(index) else {
            throw MetricError(.value, "label", "class \(index); classes are 0..<\(Self.largestClassCount)")
        }
        self.bits = 1 << UInt64(index)
    }

    /// Class c is there where `flags[c]` is true.
    package init(flags: [Bool]) throws(MetricError) {
        guard flags.count <= Self.largestClassCount else {
            throw MetricError(.size, "label", "\(flags.count) classes; at most \(Self.largestClassCount) can be compared")
        }
        self.bits = flags.reversed().reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
    }

    package var isEmpty: Bool { self.bits == 0 }
    package var count: Int { self.bits.nonzeroBitCount }

    /// Whether it has a class; false for classes that cannot be.
    package func contains(_ index: Int) -> Bool {
        (0..<Self.largestClassCount).contains(index) && self.bits >> UInt64(index) & 1 == 1
    }
}

/// How relevant a result is to a query: the share of their classes that they have in common, |q ∩ r| / |q ∪ r|, in 0…1.
///
/// With one class for each case it is 1 for the same class and 0 otherwise.
package struct JaccardRelevance: Sendable, Hashable {
    /// The relevance of two cases without any class, 0…1.
    package let bothEmpty: Double

    package init(bothEmpty: Double = 1) {
        precondition((0...1).contains(bothEmpty), "a relevance is in 0...1")
        self.bothEmpty = bothEmpty
    }

    package func callAsFunction(_ query: LabelSet, _ result: LabelSet) -> Double {
        let union = (query.bits | result.bits).nonzeroBitCount
        return union == 0 ? self.bothEmpty : Double((query.bits & result.bits).nonzeroBitCount) / Double(union)
    }

    package var text: String {
        "Jaccard, |q and r| / |q or r|, \(fixed(self.bothEmpty, decimals: 1)) for two cases without classes"
    }
}
