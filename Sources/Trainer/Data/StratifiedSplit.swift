/// Row numbers of two parts.
package struct IndexSplit: Sendable, Equatable {
    package let train: [Int]
    package let heldOut: [Int]
}

/// scikit-learn's `train_test_split(range(n), stratify: labels, test_size: heldOut, random_state: seed)`, number for number.
///
/// It keeps grades in proportion but knows no patients; use ``PatientSplit`` where patients have several pictures.
package func stratifiedSplit(labels: [Int], heldOut share: Double, seed: UInt32) throws(DataError) -> IndexSplit {
    guard share > 0, share < 1 else { throw DataError(.badFractions, "split", "the held-out share must be between 0 and 1") }
    let members = Dictionary(grouping: labels.indices, by: { labels[$0] }).sorted { $0.key < $1.key }.map(\.value)
    let heldOut = Int((share * Double(labels.count)).rounded(.up))
    let train = labels.count - heldOut
    guard members.allSatisfy({ $0.count >= 2 }) else {
        throw DataError(.tooFewCases, "split", "a class has fewer than 2 members")
    }
    guard heldOut >= members.count, train >= members.count else {
        throw DataError(.tooFewCases, "split", "a part has fewer members than there are classes (\(members.count))")
    }
    var random = MersenneTwister(seed: seed)
    let counts = members.map(\.count)
    let trainCounts = random.approximateMode(counts, draws: train)
    let heldOutCounts = random.approximateMode(zip(counts, trainCounts).map { $0 - $1 }, draws: heldOut)
    var first: [Int] = []
    var second: [Int] = []
    for (index, cases) in members.enumerated() {
        let order = random.numpyPermutation(cases.count).map { cases[$0] }
        first += order[..<trainCounts[index]]
        second += order[trainCounts[index]..<trainCounts[index] + heldOutCounts[index]]
    }
    let firstOrder = random.numpyPermutation(first.count)
    let secondOrder = random.numpyPermutation(second.count)
    return IndexSplit(train: firstOrder.map { first[$0] }, heldOut: secondOrder.map { second[$0] })
}

/// PyTorch's `random_split` of `count` cases after `manual_seed(seed)`: the first part has `count` minus
/// `Int(share * count)` cases.
package func randomSplit(count: Int, heldOut share: Double, seed: UInt32) throws(DataError) -> IndexSplit {
    guard share >= 0, share <= 1 else { throw DataError(.badFractions, "split", "the held-out share must be between 0 and 1") }
    var random = MersenneTwister(seed: seed)
    let order = random.torchPermutation(count)
    let train = count - Int(share * Double(count))
    return IndexSplit(train: Array(order[..<train]), heldOut: Array(order[train...]))
}

extension MersenneTwister {
    /// The most likely outcome of drawing `draws` cases from classes of these sizes without replacement; ties are decided
    /// by chance, as scikit-learn does.
    fileprivate mutating func approximateMode(_ counts: [Int], draws: Int) -> [Int] {
        let total = Double(counts.reduce(0, +))
        let quotas = counts.map { Double($0) / total * Double(draws) }
        var result = quotas.map { Int($0.rounded(.down)) }
        let remainders = zip(quotas, result).map { $0 - Double($1) }
        var missing = draws - result.reduce(0, +)
        for value in Set(remainders).sorted(by: >) where missing > 0 {
            let tied = remainders.indices.filter { remainders[$0] == value }
            for chosen in self.numpyPermutation(tied.count).prefix(missing) {
                result[tied[chosen]] += 1
            }
            missing -= min(tied.count, missing)
        }
        return result
    }
}
