import Kernels

/// An entry that was found, by its number.
struct Found: Hashable {
    let number: Int64
    let labels: UInt64
    let squaredDistance: Double
}

/// What a search may not find.
struct Exclusion {
    /// Numbers of entries.
    var numbers: [Int64]
    var labels: LabelFilter
}

extension IndexView {
    /// The `count` nearest entries for each of the dense queries of length 1, nearest first, equal distances by number.
    func search(_ queries: [Float], count: Int, excluding exclusions: [Exclusion]) throws(KernelError) -> [[Found]] {
        var found = [[Found]](repeating: [], count: exclusions.count)
        for part in self.parts where part.count > 0 {
            let segment = part.segment
            let allowed = part.allowed(exclusions)
            let matches = try TopKSearch.nearest(
                to: queries, in: segment.vectors, count: min(count, segment.count), allowed: allowed)
            for (query, matches) in matches.enumerated() {
                found[query] += matches.map {
                    Found(number: segment.numbers[$0.row], labels: segment.labels[$0.row], squaredDistance: $0.squaredDistance)
                }
            }
        }
        guard self.parts.count > 1 else { return found }
        return found.map { found in
            Array(found.sorted { ($0.squaredDistance, $0.number) < ($1.squaredDistance, $1.number) }.prefix(count))
        }
    }
}

extension IndexView.Part {
    /// For each query the rows that it may find; empty when every query may find all.
    fileprivate func allowed(_ exclusions: [Exclusion]) -> [RowSet?] {
        var filtered: [LabelFilter: RowSet?] = [LabelFilter(): self.alive]
        let sets: [RowSet?] = exclusions.map { exclusion in
            let rows = exclusion.numbers.compactMap { self.segment.row(of: $0) }
            let set: RowSet?
            if let made = filtered[exclusion.labels] {
                set = made
            } else {
                set = self.passing(exclusion.labels)
                filtered[exclusion.labels] = set
            }
            guard !rows.isEmpty else { return set }
            let own = set.map { RowSet(copying: $0) } ?? RowSet(all: self.segment.count)
            for row in rows { own.remove(row) }
            return own
        }
        return sets.contains { $0 != nil } ? sets : []
    }

    /// The living rows whose labels pass.
    private func passing(_ filter: LabelFilter) -> RowSet {
        let set = self.alive.map { RowSet(copying: $0) } ?? RowSet(all: self.segment.count)
        for row in 0..<self.segment.count where !filter.accepts(self.segment.labels[row]) { set.remove(row) }
        return set
    }
}
