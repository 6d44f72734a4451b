import GRDB
import Kernels

/// The state of an index that holds together.
package struct IndexReport: Sendable, Hashable {
    package enum Snapshot: String, Sendable, Hashable {
        /// Holds every entry.
        case current
        /// Entries were added or removed since.
        case behind
        /// There is no file, or not one that this index made last; queries read the database instead.
        case missing
    }

    package let entries: Int
    /// The number of changes so far.
    package let generation: Int64
    package let snapshot: Snapshot
    /// Entries that a query searches in memory because the snapshot does not hold them.
    package let inMemory: Int
}

extension VectorIndex {
    /// Reads everything: the database's own structure, every entry (checksum, number of elements, length 1), the snapshot's
    /// checksum, and that both hold the same vectors and labels. What does not hold together is an error of code `corrupted`.
    package func verify() throws(IndexError) -> IndexReport {
        try self.store.read { db in
            let problem = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)")
            guard problem == "ok" else {
                throw IndexError(.corrupted, self.store.path, "the database is damaged; restore a backup or make the index again")
            }
            let description = try StoreDescription(db, path: self.store.path)
            guard description.model == self.model else {
                throw IndexError(.corrupted, self.store.path, "the index has changed its model while it was open")
            }
            let file = description.snapshot.flatMap { SnapshotFile(self.snapshotPath, model: self.model, mark: $0) }
            let table = EntryTable(db: db, path: self.store.path)
            let entries = try self.verifyEntries(table, file)
            let view = try self.currentView(db)
            guard view.count == entries else {
                throw IndexError(
                    .corrupted, self.path, "\(entries) entries, of which \(view.count) are searched; build the snapshot anew")
            }
            let isCurrent = file != nil && description.snapshot?.generation == description.generation
            return IndexReport(
                entries: entries, generation: description.generation,
                snapshot: file == nil ? .missing : isCurrent ? .current : .behind, inMemory: view.countSinceSnapshot)
        }
    }

    /// Checks every entry by itself and against the snapshot; returns their number.
    private func verifyEntries(_ table: EntryTable, _ file: SnapshotFile?) throws -> Int {
        let cursor = try table.vectors(dimension: self.model.dimension)
        let elements = UnsafeMutableBufferPointer<Float>.allocate(capacity: self.model.dimension)
        defer { elements.deallocate() }
        var count = 0
        var inFile = 0
        while let (number, labels) = try cursor.next(into: elements) {
            count += 1
            let length = elements.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            guard abs(length - 1) <= 0x1p-20 else {
                throw IndexError(
                    .corrupted, self.store.path, "the vector of entry number \(number) is not of length 1; remove the entry")
            }
            guard let file, number <= file.header.lastNumber else { continue }
            guard let row = file.segment.row(of: number), file.segment.labels[row] == labels,
                file.segment.vectors.elements(ofRow: row).elementsEqual(elements)
            else {
                throw IndexError(
                    .corrupted, self.snapshotPath, "entry number \(number) differs from the database; build the snapshot anew")
            }
            inFile += 1
        }
        guard let file else { return count }
        let removed = try table.removals(after: file.header.generation).count { file.segment.row(of: $0) != nil }
        guard file.segment.count == inFile + removed else {
            let message = "the database has lost entries that the snapshot still has: restore a backup"
            throw IndexError(.corrupted, self.store.path, message)
        }
        return count
    }

    /// A quick look: what `verify` reports, without reading the vectors.
    package func report() throws(IndexError) -> IndexReport {
        try self.store.read { db in
            let description = try StoreDescription(db, path: self.store.path)
            let view = try self.currentView(db)
            let isCurrent = description.snapshot?.generation == description.generation
            return IndexReport(
                entries: view.count, generation: description.generation,
                snapshot: !view.isMapped ? .missing : isCurrent ? .current : .behind, inMemory: view.countSinceSnapshot)
        }
    }
}
