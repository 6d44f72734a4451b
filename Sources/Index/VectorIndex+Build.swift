import GRDB

/// A snapshot that was made.
package struct BuildResult: Sendable, Hashable {
    package let entries: Int
    package let byteCount: Int
}

extension VectorIndex {
    /// Writes the snapshot anew from the database. Queries and additions go on meanwhile. An interrupted build leaves the old one
    /// or none; the database has everything either way.
    package func build() throws(IndexError) -> BuildResult {
        guard let lock = try FileLock(self.snapshotPath + ".lock") else {
            throw IndexError(.busy, self.snapshotPath, "another process is making the snapshot; wait for it")
        }
        defer { withExtendedLifetime(lock) {} }
        removeTemporaries(of: self.snapshotPath)
        let (file, layout, generation, lastNumber) = try self.store.read { db in try self.fill(db) }
        let mark = try file.finish(model: self.model, generation: generation, lastNumber: lastNumber)
        try self.store.write { try EntryTable(db: $0, path: self.store.path).setSnapshot(mark) }
        return BuildResult(entries: layout.count, byteCount: layout.end)
    }

    /// A file with all entries of the transaction's state.
    private func fill(_ db: Database) throws -> (SnapshotWriter, SnapshotLayout, generation: Int64, lastNumber: Int64) {
        let table = EntryTable(db: db, path: self.store.path)
        let count = try table.count()
        guard let layout = SnapshotLayout(count: count, dimension: self.model.dimension) else {
            throw IndexError(.invalidQuery, self.path, "\(count) entries are more than a snapshot can hold")
        }
        let file = try SnapshotWriter(path: self.snapshotPath, layout: layout)
        let cursor = try table.vectors(dimension: self.model.dimension)
        var lastNumber: Int64 = 0
        for row in 0..<count {
            guard let entry = try cursor.next(into: file.elements(ofRow: row)) else {
                throw IndexError(.internal, self.path, "fewer entries than were counted")
            }
            file.describe(row: row, number: entry.number, labels: entry.labels)
            lastNumber = entry.number
        }
        return (file, layout, try StoreDescription(db, path: self.store.path).generation, lastNumber)
    }
}
