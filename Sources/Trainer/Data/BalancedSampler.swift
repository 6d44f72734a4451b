import Metrics

/// Batches of `classesPerBatch` classes with `samplesPerClass` examples each, as losses over triplets need them.
///
/// A class is a set of labels. Every choice of that many classes of which no two share a label, and which all have enough
/// examples, gives `min(examples) / samplesPerClass` batches in an epoch; their examples and the order of all batches change
/// with the epoch.
package struct BalancedSampler: Sendable {
    package let classesPerBatch: Int
    package let samplesPerClass: Int
    package let seed: UInt64
    /// Batches of an epoch.
    package let batchCount: Int
    /// The examples of each class.
    private let classes: [[Int]]
    /// The classes of each choice.
    private let choices: [[Int]]

    /// More choices of classes than this are not made up.
    package static let mostChoices = 10_000

    package var batchSize: Int { self.classesPerBatch * self.samplesPerClass }

    /// - Parameters:
    ///   - labels: of each example, a bit for each label.
    ///   - limit: most batches of an epoch; nil for all.
    package init(
        labels: [UInt64], classesPerBatch: Int, samplesPerClass: Int, limit: Int? = nil, seed: UInt64
    ) throws(DataError) {
        precondition(classesPerBatch >= 2 && samplesPerClass >= 2, "a triplet needs two classes and two examples of one")
        let groups = Dictionary(grouping: labels.indices, by: { labels[$0] }).filter { $0.value.count >= samplesPerClass }
            .sorted { $0.key < $1.key }
        let classes = groups.map(\.value)
        var choices: [[Int]] = []
        /// Choices that begin with `chosen`, in lexical order.
        func extend(_ chosen: [Int]) {
            guard choices.count < Self.mostChoices else { return }
            guard chosen.count < classesPerBatch else { return choices.append(chosen) }
            for next in ((chosen.last ?? -1) + 1)..<max(groups.count, (chosen.last ?? -1) + 1)
            where chosen.allSatisfy({ groups[$0].key & groups[next].key == 0 }) { extend(chosen + [next]) }
        }
        extend([])
        let counts = choices.map { $0.map { classes[$0].count }.min() ?? 0 }
        let all = counts.map { $0 / samplesPerClass }.reduce(0, +)
        guard all > 0 else {
            throw DataError(
                .tooFewCases, "retrieval.samples_per_class",
                """
                there are no \(classesPerBatch) classes without a common label that have \(samplesPerClass) training examples \
                each; ask for fewer
                """)
        }
        self.classesPerBatch = classesPerBatch
        self.samplesPerClass = samplesPerClass
        self.seed = seed
        self.batchCount = min(all, limit ?? all)
        self.classes = classes
        self.choices = choices
    }

    /// The examples of a batch, class after class.
    package func batch(epoch: Int, index: Int) -> [Int] { self.batches(epoch: epoch)[index] }

    private func batches(epoch: Int) -> [[Int]] {
        var random = SplitMix64(seed: self.seed, stream: UInt64(epoch))
        var batches: [[Int]] = []
        for choice in self.choices {
            let orders = choice.map { number in
                random.permutation(self.classes[number].count).map { self.classes[number][$0] }
            }
            for start in stride(
                from: 0, through: (orders.map(\.count).min() ?? 0) - self.samplesPerClass, by: self.samplesPerClass)
            {
                batches.append(orders.flatMap { $0[start..<start + self.samplesPerClass] })
            }
        }
        let order = random.permutation(batches.count)
        return order.prefix(self.batchCount).map { batches[$0] }
    }
}
