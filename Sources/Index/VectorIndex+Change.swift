import Kernels

/// What `add` did.
package struct AddResult: Sendable, Hashable {
    package let added: Int
    /// Entries that were there already with the same content: an addition that was interrupted can simply be repeated.
    package let alreadyPresent: Int
}

extension VectorIndex {
    /// The most elements of a vector.
    static var largestDimension: Int { VectorLayout.largestDimension }

    /// Adds a batch: all of it or, when this throws, nothing. What has been added when this returns survives the end of the
    /// process and of the power.
    ///
    /// Vectors are scaled to length 1. An identifier that is there already is an error, unless the whole entry is the same.
    package func add(_ entries: [IndexEntry], from model: IndexModel) throws(IndexError) -> AddResult {
        try self.accept(model)
        var kept: [IndexEntry] = []
        kept.reserveCapacity(entries.count)
        for (position, entry) in entries.enumerated() { kept.append(try entry.validated(for: self.model, position: position)) }
        guard !kept.isEmpty else { return AddResult(added: 0, alreadyPresent: 0) }
        let added = try self.store.write { db in
            let table = EntryTable(db: db, path: self.store.path)
            var added = 0
            for (position, entry) in kept.enumerated() where try table.insert(entry, position: position) { added += 1 }
            if added > 0 { _ = try table.nextGeneration() }
            return added
        }
        return AddResult(added: added, alreadyPresent: kept.count - added)
    }

    /// Removes the entries of these names, all or none; returns how many there were. Names that are not in the index are left
    /// out.
    ///
    /// The vectors are gone from the database at once, and from the snapshot with the next `build`.
    package func remove(ids: [String]) throws(IndexError) -> Int {
        guard !ids.isEmpty else { return 0 }
        return try self.store.write { db in
            let table = EntryTable(db: db, path: self.store.path)
            let generation = try StoreDescription(db, path: self.store.path).generation + 1
            let removed = try ids.count { try table.remove(id: $0, generation: generation) }
            if removed > 0 { _ = try table.nextGeneration() }
            return removed
        }
    }
}
