import Kernels

/// One state of an index, ready to be searched: the snapshot's entries and what was added since, without what was removed.
struct IndexView: Sendable {
    /// Entries of which some may have been removed.
    struct Part: Sendable {
        let segment: Segment
        /// Nil for all.
        private(set) var alive: RowSet?
        private(set) var count: Int

        init(_ segment: Segment) {
            self.segment = segment
            self.alive = nil
            self.count = segment.count
        }

        /// Takes an entry out; nothing happens when it is not here.
        mutating func remove(_ number: Int64) {
            guard let row = self.segment.row(of: number), self.alive?.contains(row) ?? true else { return }
            let alive = self.alive.map { RowSet(copying: $0) } ?? RowSet(all: self.segment.count)
            alive.remove(row)
            self.alive = alive
            self.count -= 1
        }
    }

    /// The changes of the index that are in the view.
    var generation: Int64
    /// The snapshot that the index named when the view was made; its entries are the first part, unless its file was unusable.
    let snapshot: SnapshotMark?
    /// Whether the entries of that snapshot were read from its file.
    let isMapped: Bool
    /// The number of the last entry that was looked at.
    private(set) var lastNumber: Int64
    private(set) var parts: [Part]

    init(generation: Int64, snapshot: SnapshotMark?, mapped: (segment: Segment, lastNumber: Int64)?) {
        self.generation = generation
        self.snapshot = snapshot
        self.isMapped = mapped != nil
        self.lastNumber = mapped?.lastNumber ?? 0
        self.parts = mapped.map { [Part($0.segment)] } ?? []
    }

    var count: Int { self.parts.reduce(0) { $0 + $1.count } }

    /// Entries that are not in the snapshot's file.
    var countSinceSnapshot: Int { self.parts.dropFirst(self.isMapped ? 1 : 0).reduce(0) { $0 + $1.count } }

    mutating func remove(_ number: Int64) {
        for index in self.parts.indices { self.parts[index].remove(number) }
    }

    /// Takes entries with greater numbers in. Parts in memory are joined so that each is larger than all after it: there are
    /// few of them, and an entry is copied a logarithmic number of times.
    mutating func append(_ segment: Segment) {
        guard let last = segment.numbers.last else { return }
        precondition(segment.numbers[0] > self.lastNumber, "entries out of order")
        self.lastNumber = last
        self.parts.append(Part(segment))
        let first = self.isMapped ? 1 : 0
        while self.parts.count >= first + 2,
            self.parts[self.parts.count - 2].segment.count <= 2 * self.parts[self.parts.count - 1].segment.count
        {
            let right = self.parts.removeLast()
            let left = self.parts.removeLast()
            self.parts.append(Part(Self.joined([left, right])))
        }
    }

    /// The living entries of some parts as one segment.
    private static func joined(_ parts: [Part]) -> Segment {
        let rows = parts.flatMap { part in
            (0..<part.segment.count).lazy.filter { part.alive?.contains($0) ?? true }.map { (part.segment, $0) }
        }
        return Segment(count: rows.count, dimension: parts[0].segment.vectors.dimension) { row, elements in
            let (segment, source) = rows[row]
            _ = elements.update(fromContentsOf: segment.vectors.elements(ofRow: source))
            return (segment.numbers[source], segment.labels[source])
        }
    }
}
