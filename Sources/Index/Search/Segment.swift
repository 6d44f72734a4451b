import Kernels

/// Entries side by side for the search, in the order in which they were added: their numbers ascend. Only read once it is made.
final class Segment: @unchecked Sendable {
    let vectors: VectorBlock
    let numbers: UnsafeBufferPointer<Int64>
    let labels: UnsafeBufferPointer<UInt64>
    private let owner: AnyObject?

    /// A segment over memory that `owner` keeps alive.
    init(vectors: VectorBlock, numbers: UnsafeBufferPointer<Int64>, labels: UnsafeBufferPointer<UInt64>, owner: AnyObject) {
        precondition(numbers.count == vectors.count && labels.count == vectors.count, "columns of different lengths")
        self.vectors = vectors
        self.numbers = numbers
        self.labels = labels
        self.owner = owner
    }

    /// A segment in memory of its own; `fill` is called for one row after another.
    init(
        count: Int, dimension: Int,
        fill: (_ row: Int, _ elements: UnsafeMutableBufferPointer<Float>) throws -> (number: Int64, labels: UInt64)
    ) rethrows {
        let numbers = UnsafeMutableBufferPointer<Int64>.allocate(capacity: count)
        let labels = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: count)
        numbers.initialize(repeating: 0)
        labels.initialize(repeating: 0)
        self.numbers = UnsafeBufferPointer(numbers)
        self.labels = UnsafeBufferPointer(labels)
        self.owner = nil
        do {
            self.vectors = try VectorBlock(count: count, dimension: dimension) { row, elements in
                (numbers[row], labels[row]) = try fill(row, elements)
            }
        } catch {
            numbers.deallocate()
            labels.deallocate()
            throw error
        }
    }

    deinit {
        guard self.owner == nil else { return }
        self.numbers.deallocate()
        self.labels.deallocate()
    }

    var count: Int { self.vectors.count }

    /// The row of an entry, nil when it is not here.
    func row(of number: Int64) -> Int? {
        var low = 0
        var high = self.count
        while low < high {
            let middle = (low + high) / 2
            if self.numbers[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low < self.count && self.numbers[low] == number ? low : nil
    }
}
