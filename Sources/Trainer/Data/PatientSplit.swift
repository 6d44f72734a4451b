import Metrics

/// Divides pictures into parts so that no patient is in two of them and every grade is in each part in proportion.
///
/// Patients are stratified by their worst grade. The outcome depends on the seed and the set of rows, not on their order.
package struct PatientSplit: Sendable, Equatable {
    /// Shares of the patients; each at least 0, together 1, the first more than 0.
    package let train: Double
    package let validation: Double
    package let test: Double
    package let seed: UInt64

    package init(train: Double, validation: Double, test: Double = 0, seed: UInt64) throws(DataError) {
        let shares = [train, validation, test]
        guard shares.allSatisfy({ $0.isFinite && $0 >= 0 }), train > 0, abs(shares.reduce(0, +) - 1) <= 1e-5 else {
            throw DataError(.badFractions, "split", "the shares must be at least 0 and add up to 1, train more than 0")
        }
        self.train = train
        self.validation = validation
        self.test = test
        self.seed = seed
    }

    /// The part of each row; throws when there are fewer patients than parts.
    ///
    /// `linked` are groups of row numbers that must stay together beyond their patient, such as copies of one picture
    /// (``DuplicatePictures/groups``): their patients count as one.
    package func assign(_ rows: [LabelRow], linked: [[Int]] = []) throws(DataError) -> [SplitPart] {
        let owners = owners(rows, linked)
        var worst: [String: Int] = [:]
        for (owner, row) in zip(owners, rows) { worst[owner] = max(worst[owner] ?? 0, row.grade) }
        let wanted = self.shares
        guard worst.count >= wanted.count else {
            throw DataError(.tooFewCases, "split", "\(worst.count) patients cannot fill \(wanted.count) parts")
        }
        var partOf: [String: SplitPart] = [:]
        var done = 0
        var counts = Array(repeating: 0, count: wanted.count)
        for (grade, patients) in Dictionary(grouping: worst.keys, by: { worst[$0] ?? 0 }).sorted(by: { $0.key < $1.key }) {
            var random = SplitMix64(seed: self.seed, stream: UInt64(grade))
            let names = patients.sorted()
            let order = random.permutation(names.count).map { names[$0] }
            done += order.count
            let goal = wanted.indices.map { wanted[$0].share * Double(done) - Double(counts[$0]) }
            let quota = self.quotas(order.count, goal: goal)
            var next = 0
            for (place, size) in quota.enumerated() {
                for name in order[next..<next + size] { partOf[name] = wanted[place].part }
                next += size
                counts[place] += size
            }
        }
        return owners.map { partOf[$0] ?? .train }
    }

    private var shares: [(part: SplitPart, share: Double)] {
        [(.train, self.train), (.validation, self.validation), (.test, self.test)].filter { $0.share > 0 }
    }

    /// Whole numbers that add up to `count`: the rounded-down shares, at least one for each part while there are enough,
    /// and the rest to the parts that are furthest below their `goal`, the running total they should reach.
    private func quotas(_ count: Int, goal: [Double]) -> [Int] {
        let shares = self.shares.map(\.share)
        var quota = shares.map { Int((Double(count) * $0).rounded(.down)) }
        if count >= quota.count {
            for place in quota.indices where quota[place] == 0 { quota[place] = 1 }
        }
        while quota.reduce(0, +) > count, let largest = quota.indices.max(by: { quota[$0] < quota[$1] }) {
            quota[largest] -= 1
        }
        while quota.reduce(0, +) < count {
            let gaps = quota.indices.map { goal[$0] - Double(quota[$0]) }
            guard let place = gaps.indices.max(by: { gaps[$0] < gaps[$1] }) else { break }
            quota[place] += 1
        }
        return quota
    }
}

/// Whose picture each row is, where linked patients are all named after the first of them in the alphabet.
private func owners(_ rows: [LabelRow], _ linked: [[Int]]) -> [String] {
    var parent: [String: String] = [:]
    func root(_ name: String) -> String {
        var name = name
        while let next = parent[name] { name = next }
        return name
    }
    for group in linked {
        let roots = Set(group.map { root(rows[$0].patient) }).sorted()
        for other in roots.dropFirst() { parent[other] = roots[0] }
    }
    return rows.map { root($0.patient) }
}

/// How many pictures and patients of each grade a part holds.
package struct SplitSummary: Sendable, Equatable {
    package let part: SplitPart
    package let images: Int
    package let patients: Int
    /// Pictures by grade, `[classes]`.
    package let grades: [Int]

    /// One summary for each part that has pictures.
    package static func of(_ table: LabelTable, parts: [SplitPart]) -> [SplitSummary] {
        precondition(parts.count == table.rows.count, "parts and rows differ in length")
        return SplitPart.allCases.compactMap { part in
            let rows = zip(table.rows, parts).filter { $0.1 == part }.map(\.0)
            guard !rows.isEmpty else { return nil }
            let grades = rows.reduce(into: Array(repeating: 0, count: table.classes)) { $0[$1.grade] += 1 }
            return SplitSummary(
                part: part, images: rows.count, patients: Set(rows.map(\.patient)).count, grades: grades)
        }
    }
}
