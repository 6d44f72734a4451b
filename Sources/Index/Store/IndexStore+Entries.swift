import Foundation
import GRDB

/// The row of `description`.
struct StoreDescription {
    let model: IndexModel
    let generation: Int64
    let snapshot: SnapshotMark?

    init(_ db: Database, path: String) throws {
        guard
            let row = try Row.fetchOne(
                db,
                sql: "SELECT model, dimension, augmented, generation, snapshot_generation, snapshot_checksum FROM description")
        else { throw IndexError(.corrupted, path, "the description is missing; restore a backup or make the index again") }
        self.model = IndexModel(sha256: row[0], dimension: row[1], making: row[2])
        self.generation = row[3]
        let generation: Int64? = row[4]
        let checksum: Int64? = row[5]
        self.snapshot = generation.flatMap { generation in
            checksum.map { SnapshotMark(generation: generation, checksum: UInt64(bitPattern: $0)) }
        }
    }
}

/// Statements on entries, inside a transaction.
struct EntryTable {
    let db: Database
    let path: String

    /// Counts one more change of the index.
    func nextGeneration() throws -> Int64 {
        try self.db.execute(sql: "UPDATE description SET generation = generation + 1")
        return try StoreDescription(self.db, path: self.path).generation
    }

    /// Adds an entry; false when it is there already with the same content.
    func insert(_ entry: IndexEntry, position: Int) throws -> Bool {
        let embedding = entry.embedding.withUnsafeBytes { Data($0) }
        let labels = Int64(bitPattern: entry.labels)
        let insert = try self.db.cachedStatement(
            sql: """
                INSERT INTO entry (id, patient, labels, embedding, checksum) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
                """)
        let checksum = Int64(bitPattern: entry.checksum)
        try insert.execute(arguments: [entry.id, entry.patient, labels, embedding, checksum])
        if self.db.changesCount == 1 { return true }
        let equal = try self.db.cachedStatement(
            sql: "SELECT patient IS ? AND labels = ? AND embedding = ? FROM entry WHERE id = ?")
        guard try Bool.fetchOne(equal, arguments: [entry.patient, labels, embedding, entry.id]) == true else {
            let advice = "nothing of this batch was added; remove the old entry first, or use another identifier"
            throw IndexError(.duplicate, "entry \(position)", "its identifier is in the index with another content; \(advice)")
        }
        return false
    }

    /// Removes an entry; false when there is none of that name.
    func remove(id: String, generation: Int64) throws -> Bool {
        guard let number = try self.number(of: id) else { return false }
        try self.db.cachedStatement(sql: "DELETE FROM entry WHERE number = ?").execute(arguments: [number])
        try self.db.cachedStatement(sql: "INSERT INTO removal (number, generation) VALUES (?, ?)")
            .execute(arguments: [number, generation])
        return true
    }

    func number(of id: String) throws -> Int64? {
        try Int64.fetchOne(self.db.cachedStatement(sql: "SELECT number FROM entry WHERE id = ?"), arguments: [id])
    }

    func numbers(ofPatient patient: String) throws -> [Int64] {
        try Int64.fetchAll(self.db.cachedStatement(sql: "SELECT number FROM entry WHERE patient = ?"), arguments: [patient])
    }

    func removals(after generation: Int64) throws -> [Int64] {
        try Int64.fetchAll(self.db, sql: "SELECT number FROM removal WHERE generation > ?", arguments: [generation])
    }

    func count(after number: Int64 = 0) throws -> Int {
        try Int.fetchOne(self.db, sql: "SELECT COUNT(*) FROM entry WHERE number > ?", arguments: [number]) ?? 0
    }

    /// The entries with greater numbers, in order.
    func vectors(after number: Int64 = 0, dimension: Int) throws -> VectorCursor {
        let sql = """
            SELECT number, labels, embedding, id, patient, checksum FROM entry WHERE number > ? ORDER BY number
            """
        return VectorCursor(
            rows: try Row.fetchCursor(self.db, sql: sql, arguments: [number]), dimension: dimension, path: self.path)
    }

    /// Identifier and patient of an entry, nil when it has been removed.
    func name(of number: Int64) throws -> (id: String, patient: String?)? {
        let statement = try self.db.cachedStatement(sql: "SELECT id, patient FROM entry WHERE number = ?")
        return try Row.fetchOne(statement, arguments: [number]).map { (id: $0[0], patient: $0[1]) }
    }

    func entry(id: String) throws -> IndexEntry? {
        let statement = try self.db.cachedStatement(sql: "SELECT id, patient, labels, embedding FROM entry WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id]).map { row in
            let labels: Int64 = row[2]
            let data: Data = row[3]
            let elements = data.withUnsafeBytes { bytes in
                (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
            }
            return IndexEntry(id: row[0], patient: row[1], labels: UInt64(bitPattern: labels), embedding: elements)
        }
    }

    /// Names the snapshot that holds everything up to `mark.generation`; the removals until then are in it.
    func setSnapshot(_ mark: SnapshotMark) throws {
        try self.db.execute(
            sql: "UPDATE description SET snapshot_generation = ?, snapshot_checksum = ?",
            arguments: [mark.generation, Int64(bitPattern: mark.checksum)])
        try self.db.execute(sql: "DELETE FROM removal WHERE generation <= ?", arguments: [mark.generation])
    }
}

/// Entries one after another, for the search.
struct VectorCursor {
    fileprivate let rows: RowCursor
    fileprivate let dimension: Int
    fileprivate let path: String

    /// Writes the next entry's elements into memory for `dimension` of them; nil after the last entry. An entry whose checksum
    /// does not hold is an error.
    func next(into elements: UnsafeMutableBufferPointer<Float>) throws -> (number: Int64, labels: UInt64)? {
        precondition(elements.count == self.dimension, "memory for another number of elements")
        guard let row = try self.rows.next() else { return nil }
        let number: Int64 = row[0]
        let bits: Int64 = row[1]
        let labels = UInt64(bitPattern: bits)
        let bytes = UnsafeMutableRawBufferPointer(elements)
        let isWhole = try row.withUnsafeData(atIndex: 2) { data in
            guard let data, data.count == bytes.count else { return false }
            return data.copyBytes(to: bytes) == bytes.count
        }
        let checksum: Int64 = row[5]
        guard isWhole,
            IndexEntry.checksum(embedding: UnsafeRawBufferPointer(bytes), labels: labels, id: row[3], patient: row[4])
                == UInt64(bitPattern: checksum)
        else {
            let advice = "restore a backup, or remove the entry and add it again"
            throw IndexError(.corrupted, self.path, "entry number \(number) is damaged: \(advice)")
        }
        return (number, labels)
    }
}
