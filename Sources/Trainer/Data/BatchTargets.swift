import Graph

/// What a batch tells the loss about its examples.
package enum BatchTargets: Sendable, Hashable {
    /// `labels` int64 `[N]`: the grades.
    case grades
    /// `labels` int64 `[N]`: a bit for each label that holds.
    case labelBits
    /// `targets` float32 `[N, count]`: 1 for each label that holds.
    case labelVectors(count: Int)

    /// The inputs for a batch of `size` whose first rows are these; the others are zeros.
    func inputs(_ rows: [LabelRow], size: Int) -> [String: Tensor] {
        func numbers(_ value: (LabelRow) -> Int64) -> [String: Tensor] {
            ["labels": Tensor(rows.map(value) + [Int64](repeating: 0, count: size - rows.count), shape: [size])]
        }
        switch self {
        case .grades: return numbers { Int64($0.grade) }
        case .labelBits: return numbers { Int64(bitPattern: $0.labels) }
        case .labelVectors(let count):
            let known = rows.flatMap { row in (0..<count).map { row.labels >> UInt64($0) & 1 == 1 ? Float(1) : 0 } }
            return ["targets": Tensor(known + [Float](repeating: 0, count: size * count - known.count), shape: [size, count])]
        }
    }
}
