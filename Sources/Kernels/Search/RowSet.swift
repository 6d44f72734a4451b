/// Which rows of a block may be found: one bit for each.
///
/// Whoever makes a set may change it; once it is given away it is only read.
package final class RowSet: @unchecked Sendable {
    package let count: Int
    let words: UnsafeMutablePointer<UInt64>
    private let wordCount: Int

    /// All of `count` rows.
    package init(all count: Int) {
        self.count = count
        self.wordCount = (count + 63) / 64
        self.words = .allocate(capacity: max(self.wordCount, 1))
        self.words.initialize(repeating: .max, count: max(self.wordCount, 1))
    }

    /// A set of its own with the same rows.
    package init(copying other: RowSet) {
        self.count = other.count
        self.wordCount = other.wordCount
        self.words = .allocate(capacity: max(self.wordCount, 1))
        self.words.initialize(from: other.words, count: max(self.wordCount, 1))
    }

    deinit {
        self.words.deallocate()
    }

    package func contains(_ row: Int) -> Bool {
        precondition(row >= 0 && row < self.count, "row \(row) of \(self.count)")
        return self.words[row / 64] >> UInt64(row % 64) & 1 == 1
    }

    package func remove(_ row: Int) {
        precondition(row >= 0 && row < self.count, "row \(row) of \(self.count)")
        self.words[row / 64] &= ~(1 << UInt64(row % 64))
    }

    /// How many rows are in the set.
    package var memberCount: Int {
        var members = 0
        for row in stride(from: 0, to: self.count, by: 64) {
            let rest = self.count - row
            let mask: UInt64 = rest >= 64 ? .max : 1 << UInt64(rest) - 1
            members += (self.words[row / 64] & mask).nonzeroBitCount
        }
        return members
    }
}
