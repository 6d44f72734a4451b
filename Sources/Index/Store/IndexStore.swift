import GRDB

#if canImport(Glibc)
    import Glibc
#endif

/// The durable truth of an index: a SQLite database in WAL mode that writes every commit through to the disk.
///
/// | table | holds |
/// |---|---|
/// | `description` | one row: the model, the generation (changes so far), the snapshot |
/// | `entry` | number (ascending, never used again), identifier, patient, label bits, embedding (float32), checksum |
/// | `removal` | the numbers that were removed after the snapshot was made, with the generation |
struct IndexStore: Sendable {
    let path: String
    private let pool: DatabasePool

    /// SQLite's `application_id`: "DRIX".
    private static let applicationID: Int32 = 0x4452_4958
    private static let format: Int32 = 1

    /// Opens the database at `path`, which exists.
    init(opening path: String) throws(IndexError) {
        guard access(path, F_OK) == 0 else { throw IndexError(.notFound, path, "there is no index here; create one first") }
        self.path = path
        self.pool = try Self.pool(path)
        try self.read { db in
            guard try Int32.fetchOne(db, sql: "PRAGMA application_id") == Self.applicationID else {
                throw IndexError(.notAnIndex, path, "this is not an index, or its creation was interrupted: create it again")
            }
            let format = try Int32.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            guard format == Self.format else {
                throw IndexError(.notAnIndex, path, "an index of format \(format); this program knows format \(Self.format)")
            }
        }
    }

    /// Makes an empty database at `path`. What an interrupted creation left is used; an index is never touched.
    init(creating path: String, for model: IndexModel) throws(IndexError) {
        self.path = path
        self.pool = try Self.pool(path)
        try self.write { db in
            guard try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM sqlite_master") == 0 else {
                throw IndexError(.exists, path, "there is an index or another database already; choose another directory")
            }
            try db.execute(
                sql: """
                    CREATE TABLE description (
                        only INTEGER PRIMARY KEY CHECK (only = 1),
                        model TEXT NOT NULL, dimension INTEGER NOT NULL, augmented INTEGER NOT NULL,
                        generation INTEGER NOT NULL, snapshot_generation INTEGER, snapshot_checksum INTEGER
                    ) STRICT;
                    CREATE TABLE entry (
                        number INTEGER PRIMARY KEY AUTOINCREMENT,
                        id TEXT NOT NULL UNIQUE, patient TEXT, labels INTEGER NOT NULL, embedding BLOB NOT NULL,
                        checksum INTEGER NOT NULL
                    ) STRICT;
                    CREATE INDEX entry_patient ON entry (patient);
                    CREATE TABLE removal (number INTEGER PRIMARY KEY, generation INTEGER NOT NULL) STRICT;
                    """)
            try db.execute(
                sql: "INSERT INTO description (only, model, dimension, augmented, generation) VALUES (1, ?, ?, ?, 0)",
                arguments: [model.sha256, model.dimension, model.making])
            try db.execute(sql: "PRAGMA user_version = \(Self.format)")
            try db.execute(sql: "PRAGMA application_id = \(Self.applicationID)")
        }
    }

    private static func pool(_ path: String) throws(IndexError) -> DatabasePool {
        var configuration = Configuration()
        configuration.label = "index"
        configuration.busyMode = .timeout(10)
        configuration.maximumReaderCount = 8
        configuration.prepareDatabase { db in
            // An embedding of 1,024 elements with its row fits a page three times, and what is removed is overwritten. The size
            // matters only before the first table exists.
            try db.execute(sql: "PRAGMA page_size = 16384; PRAGMA secure_delete = ON")
        }
        return try Self.translated(path) {
            let pool = try DatabasePool(path: path, configuration: configuration)
            // The library asks for NORMAL, which may lose the last commits with the power.
            try pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else {
                    throw IndexError(.internal, path, "SQLite does not write commits through to the disk")
                }
            }
            return pool
        }
    }

    /// Runs `body` in a transaction that sees one state; writers go on meanwhile.
    func read<Result>(_ body: (Database) throws -> Result) throws(IndexError) -> Result {
        try Self.translated(self.path) { try self.pool.read(body) }
    }

    /// Runs `body` in a transaction. When this returns, the changes are on the disk; when it throws, nothing has changed.
    func write<Result>(_ body: (Database) throws -> Result) throws(IndexError) -> Result {
        try Self.translated(self.path) { try self.pool.write(body) }
    }

    /// The journal mode and the level at which the writer synchronises, as SQLite says them.
    func durability() throws(IndexError) -> [String] {
        try Self.translated(self.path) {
            try self.pool.writeWithoutTransaction { db in
                try ["journal_mode", "synchronous"].compactMap { try String.fetchOne(db, sql: "PRAGMA \($0)") }
            }
        }
    }

    private static func translated<Result>(_ path: String, _ body: () throws -> Result) throws(IndexError) -> Result {
        do {
            return try body()
        } catch let error as IndexError {
            throw error
        } catch let error as DatabaseError {
            throw IndexError(error, path)
        } catch {
            throw IndexError(.internal, path, "the database failed")
        }
    }
}

extension IndexError {
    /// An error of SQLite; its text has no values.
    fileprivate init(_ error: DatabaseError, _ path: String) {
        let text = "SQLite: \(error.message ?? "no message") (\(error.extendedResultCode.rawValue))"
        switch error.resultCode {
        case .SQLITE_FULL: self.init(.noSpace, path, "\(text); nothing was changed; free space, then run again")
        case .SQLITE_BUSY, .SQLITE_LOCKED: self.init(.busy, path, "\(text); another process is writing, try again")
        case .SQLITE_NOTADB: self.init(.notAnIndex, path, "\(text); this is not an index")
        case .SQLITE_CORRUPT: self.init(.corrupted, path, "\(text); restore a backup or make the index again")
        case .SQLITE_READONLY, .SQLITE_IOERR: self.init(.cannotWrite, path, "\(text); nothing was changed")
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(.cannotRead, path, "\(text); check the path and its permissions")
        case .SQLITE_NOMEM: self.init(.outOfMemory, path, text)
        default: self.init(.internal, path, text)
        }
    }
}
