import Kernels

extension VectorIndex {
    /// The `count` nearest entries for each query.
    ///
    /// Where the index holds fewer, all of them are given and `note` says so. An empty index is an error.
    package func query(_ queries: [Query], count: Int, from model: IndexModel) throws(IndexError) -> QueryResult {
        try self.accept(model)
        guard count > 0 else {
            throw IndexError(.invalidQuery, self.path, "\(count) neighbours are asked for; ask for at least 1")
        }
        var vectors: [Float] = []
        vectors.reserveCapacity(queries.count * self.model.dimension)
        for (position, query) in queries.enumerated() {
            vectors += try unitVector(query.embedding, dimension: self.model.dimension, subject: "query \(position)")
        }
        // What is found is named afterwards. When an entry is removed in between, the search begins again.
        for _ in 0..<5 {
            let (view, exclusions) = try self.state(for: queries)
            guard view.count > 0 else {
                throw IndexError(.empty, self.path, "the index has no entries; add some before asking for neighbours")
            }
            let found = try self.search(view, vectors, count: min(count, view.count), excluding: exclusions)
            guard let neighbours = try self.named(found) else { continue }
            let note = count > view.count ? "\(count) neighbours were asked for, the index has \(view.count) entries" : nil
            return QueryResult(neighbours: neighbours, entries: view.count, note: note)
        }
        throw IndexError(.busy, self.path, "entries are removed faster than they are found; try again")
    }

    /// The current view, and what each query may not find.
    private func state(for queries: [Query]) throws(IndexError) -> (IndexView, [Exclusion]) {
        try self.store.read { db in
            let table = EntryTable(db: db, path: self.store.path)
            let exclusions = try queries.map { query in
                var numbers = try query.excludedPatient.map { try table.numbers(ofPatient: $0) } ?? []
                if let id = query.excludedID, let number = try table.number(of: id) { numbers.append(number) }
                return Exclusion(numbers: numbers, labels: query.labels)
            }
            return (try self.currentView(db), exclusions)
        }
    }

    private func search(
        _ view: IndexView, _ vectors: [Float], count: Int, excluding exclusions: [Exclusion]
    ) throws(IndexError) -> [[Found]] {
        do throws(KernelError) {
            return try view.search(vectors, count: count, excluding: exclusions)
        } catch {
            throw IndexError(error.code == .outOfMemory ? .outOfMemory : .internal, self.path, error.message)
        }
    }

    /// The entries with their names; nil when one of them is gone.
    private func named(_ found: [[Found]]) throws(IndexError) -> [[Neighbour]]? {
        try self.store.read { db in
            let table = EntryTable(db: db, path: self.store.path)
            var neighbours: [[Neighbour]] = []
            for found in found {
                var row: [Neighbour] = []
                for entry in found {
                    guard let name = try table.name(of: entry.number) else { return nil }
                    let distance = entry.squaredDistance.squareRoot()
                    row.append(
                        Neighbour(
                            id: name.id, patient: name.patient, labels: entry.labels, distance: distance,
                            cosine: 1 - entry.squaredDistance / 2))
                }
                neighbours.append(row)
            }
            return neighbours
        }
    }
}
