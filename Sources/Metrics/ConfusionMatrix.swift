/// How often each true class was answered with each class: `counts[truth * classes + predicted]`.
package struct ConfusionMatrix: Sendable, Equatable {
    /// The number of classes, K; classes are `0..<K`.
    package let classes: Int
    /// Row-major `[K, K]`: rows are the truth, columns the prediction.
    package private(set) var counts: [Int]

    /// An empty matrix.
    package init(classes: Int) {
        precondition(classes > 0, "a confusion matrix needs a class")
        self.classes = classes
        self.counts = Array(repeating: 0, count: classes * classes)
    }

    /// The matrix of two lists of equal length; every element is in `0..<classes`.
    package init(truth: [Int], predicted: [Int], classes: Int) {
        precondition(truth.count == predicted.count, "truth and prediction differ in length")
        self.init(classes: classes)
        for (expected, answer) in zip(truth, predicted) {
            self.add(truth: expected, predicted: answer)
        }
    }

    package subscript(truth truth: Int, predicted predicted: Int) -> Int {
        self.counts[self.position(truth, predicted)]
    }

    /// Counts `times` more cases of class `truth` that were answered `predicted`.
    package mutating func add(truth: Int, predicted: Int, times: Int = 1) {
        self.counts[self.position(truth, predicted)] += times
    }

    /// The two matrices counted together.
    package static func + (left: ConfusionMatrix, right: ConfusionMatrix) -> ConfusionMatrix {
        precondition(left.classes == right.classes, "confusion matrices of different classes")
        var sum = left
        for index in sum.counts.indices {
            sum.counts[index] += right.counts[index]
        }
        return sum
    }

    /// All cases.
    package var total: Int { self.counts.reduce(0, +) }

    /// Cases answered rightly.
    package var correct: Int { (0..<self.classes).reduce(0) { $0 + self[truth: $1, predicted: $1] } }

    /// The share of right answers; nil without cases.
    package var accuracy: Double? {
        let total = self.total
        return total == 0 ? nil : Double(self.correct) / Double(total)
    }

    /// Cases of each true class (row sums, "support").
    package var support: [Int] {
        (0..<self.classes).map { truth in
            (0..<self.classes).reduce(0) { $0 + self[truth: truth, predicted: $1] }
        }
    }

    /// Answers of each class (column sums).
    package var answers: [Int] {
        (0..<self.classes).map { predicted in
            (0..<self.classes).reduce(0) { $0 + self[truth: $1, predicted: predicted] }
        }
    }

    /// The matrix as rows, truth first.
    package var rows: [[Int]] {
        (0..<self.classes).map { truth in
            Array(self.counts[truth * self.classes..<(truth + 1) * self.classes])
        }
    }

    /// Each row divided by its sum; a row without cases is zero.
    package var rowShares: [[Double]] {
        self.rows.map { row in
            let sum = row.reduce(0, +)
            return row.map { sum == 0 ? 0 : Double($0) / Double(sum) }
        }
    }

    private func position(_ truth: Int, _ predicted: Int) -> Int {
        precondition((0..<self.classes).contains(truth), "true class out of range")
        precondition((0..<self.classes).contains(predicted), "predicted class out of range")
        return truth * self.classes + predicted
    }
}

/// The share of equal elements of two lists of equal length; nil for empty lists.
package func accuracy(truth: [Int], predicted: [Int]) -> Double? {
    precondition(truth.count == predicted.count, "truth and prediction differ in length")
    guard !truth.isEmpty else { return nil }
    return Double(zip(truth, predicted).count { $0 == $1 }) / Double(truth.count)
}
