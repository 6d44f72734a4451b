package import Graph
package import Kernels

extension TripletMining: Executable {
    package static var implementations: [Implementation<TripletMining>] {
        [
            Implementation("reference") { (op, problem) in
                let count = problem.input(1).elementCount
                return ClosureKernel { (call) throws(KernelError) in
                    let seed = call.input(3, as: Int64.self)
                    let batch = MinedBatch(
                        count: count, distances: call.input(0), labels: call.input(1, as: Int64.self), mask: call.input(2))
                    let (anchors, positives) = (call.output(0, as: Int64.self), call.output(1, as: Int64.self))
                    let (negatives, found) = (call.output(2, as: Int64.self), call.output(3, as: Float.self))
                    for (row, pair) in batch.pairs.enumerated() {
                        let word = Philox.word(
                            seed: UInt64(bitPattern: seed[0]), step: UInt32(truncatingIfNeeded: seed[1]),
                            stream: UInt32(truncatingIfNeeded: op.stream), element: row)
                        let negative = batch.negative(pair, op.choice, margin: op.margin, word: word)
                        anchors[row] = negative == nil ? 0 : Int64(pair.anchor)
                        positives[row] = negative == nil ? 0 : Int64(pair.positive)
                        negatives[row] = Int64(negative ?? 0)
                        found[row] = negative == nil ? 0 : 1
                    }
                }
            }
        ]
    }
}

/// A batch as mining sees it.
private struct MinedBatch {
    let count: Int
    /// `[count, count]`
    let distances: UnsafePointer<Float>
    let labels: UnsafePointer<Int64>
    let mask: UnsafePointer<Float>

    /// Every pair of different rows, in the order of the output's rows.
    var pairs: [(anchor: Int, positive: Int)] {
        (0..<self.count).flatMap { anchor in
            (0..<self.count).filter { $0 != anchor }.map { (anchor, $0) }
        }
    }

    /// The negative of a pair; nil where the rows are no pair or none is near enough.
    func negative(
        _ pair: (anchor: Int, positive: Int), _ choice: TripletMining.Choice, margin: Float, word: UInt32
    ) -> Int? {
        let (a, p) = pair
        guard self.mask[a] != 0, self.mask[p] != 0, self.labels[a] == self.labels[p] else { return nil }
        let near = self.distances[a * self.count + p]
        func excess(_ n: Int) -> Float { near - self.distances[a * self.count + n] + margin }
        let hard = (0..<self.count).filter { self.mask[$0] != 0 && self.labels[$0] & self.labels[a] == 0 && excess($0) > 0 }
        func drawn(_ rows: [Int]) -> Int? { rows.isEmpty ? nil : rows[Int((UInt64(word) * UInt64(rows.count)) >> 32)] }
        switch choice {
        case .hardest: return hard.max { (excess($0), -$0) < (excess($1), -$1) }
        case .randomHard: return drawn(hard)
        case .semiHard: return drawn(hard.filter { excess($0) < margin }) ?? drawn(hard)
        }
    }
}
