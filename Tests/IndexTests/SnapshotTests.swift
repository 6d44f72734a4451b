import Foundation
import GRDB
import TestSupport
import Testing

@testable import Index

/// A snapshot that is not what the index made last is never searched.
@Suite struct SnapshotTests {
    private static let dimension = 24
    private static let model = Sample.model(dimension)

    /// An index with a snapshot of 50 entries, and what it answers.
    private static func built(_ folder: TemporaryFolder) throws -> (VectorIndex, answer: [[Neighbour]]) {
        let index = try VectorIndex.create(at: folder.index, for: self.model)
        _ = try index.add(Sample.entries(Sample.unitRows("index.snapshot", 50, self.dimension)), from: self.model)
        _ = try index.build()
        return (index, try self.answer(folder))
    }

    private static func answer(_ folder: TemporaryFolder) throws -> [[Neighbour]] {
        let queries = Sample.unitRows("index.snapshot.queries", 3, self.dimension).map { Query($0) }
        return try VectorIndex(opening: folder.index).query(queries, count: 50, from: self.model).neighbours
    }

    @Test func everyDamageIsSeen() throws {
        let folder = TemporaryFolder()
        let (index, answer) = try Self.built(folder)
        let whole = try Data(contentsOf: URL(fileURLWithPath: index.snapshotPath))
        let layout = try #require(SnapshotLayout(count: 50, dimension: Self.dimension))
        #expect(whole.count == layout.end)
        #expect(try index.report().snapshot == .current)
        var places = [0, 7, 8, 12, 16, 24, 32, 40, 48, 56, 64, 72, 135, 136, 4087, 4088, 4095]
        for section in [layout.numbers, layout.labels, layout.rows, layout.codes, layout.steps, layout.errors] {
            places += [section, section + 50, section + 4095]
        }
        places.append(whole.count - 1)
        for place in places {
            for bit in [0, 7] {
                var damaged = whole
                damaged[place] ^= 1 << UInt8(bit)
                try damaged.write(to: URL(fileURLWithPath: index.snapshotPath))
                let opened = try VectorIndex(opening: folder.index)
                #expect(try opened.report().snapshot == .missing, "byte \(place)")
                #expect(try opened.report().inMemory == 50, "byte \(place)")
            }
        }
        #expect(try Self.answer(folder) == answer)
        for length in [0, 1, 4095, 4096, 5000, layout.rows, whole.count - 1] {
            try whole.prefix(length).write(to: URL(fileURLWithPath: index.snapshotPath))
            #expect(try VectorIndex(opening: folder.index).verify().snapshot == .missing, "\(length) bytes")
        }
        try (whole + [0]).write(to: URL(fileURLWithPath: index.snapshotPath))
        #expect(try VectorIndex(opening: folder.index).report().snapshot == .missing)
        try FileManager.default.removeItem(atPath: index.snapshotPath)
        mkfifo(index.snapshotPath, 0o600)
        #expect(try VectorIndex(opening: folder.index).report().snapshot == .missing)
        try FileManager.default.removeItem(atPath: index.snapshotPath)
        #expect(try Self.answer(folder) == answer)
        try whole.write(to: URL(fileURLWithPath: index.snapshotPath))
        #expect(try VectorIndex(opening: folder.index).verify().snapshot == .current)
        #expect(try Self.answer(folder) == answer)
    }

    @Test func theSnapshotOfAnotherTimeIsNotSearched() throws {
        let folder = TemporaryFolder()
        let backup = TemporaryFolder()
        let (index, answer) = try Self.built(folder)
        try FileManager.default.copyItem(atPath: folder.index, toPath: backup.index)
        // The index goes on; then the database of before is put back beside the file of now.
        _ = try index.remove(ids: ["e3"])
        _ = try index.add(Sample.entries(Sample.unitRows("index.later", 1, Self.dimension), from: 3), from: Self.model)
        _ = try index.build()
        #expect(try Self.answer(folder) != answer)
        let restored = backup.index + "/vectors.snapshot"
        try FileManager.default.removeItem(atPath: restored)
        try FileManager.default.copyItem(atPath: index.snapshotPath, toPath: restored)
        let opened = try VectorIndex(opening: backup.index)
        #expect(try opened.verify().snapshot == .missing)
        #expect(try Self.answer(backup) == answer)
        #expect(try opened.build().entries == 50)
        #expect(try opened.verify().snapshot == .current)
        #expect(try Self.answer(backup) == answer)
    }

    @Test func aBuildRemovesWhatADeadOneLeft() throws {
        let folder = TemporaryFolder()
        let (index, answer) = try Self.built(folder)
        let leftover = index.snapshotPath + ".tmp.1"
        try Data(count: 10).write(to: URL(fileURLWithPath: leftover))
        _ = try index.build()
        #expect(!FileManager.default.fileExists(atPath: leftover))
        #expect(try Self.answer(folder) == answer)
    }

    @Test func twoBuildsAtOnceAreRefused() throws {
        let folder = TemporaryFolder()
        let (index, _) = try Self.built(folder)
        let lock = try FileLock(index.snapshotPath + ".lock")
        #expect(lock != nil)
        #expect(code { _ = try index.build() } == .busy)
    }

    @Test func whatIsNoIndexIsRefused() throws {
        let folder = TemporaryFolder()
        #expect(code { _ = try VectorIndex(opening: folder.index) } == .notFound)
        mkdir(folder.index, 0o755)
        #expect(code { _ = try VectorIndex(opening: folder.index) } == .notFound)
        let database = URL(fileURLWithPath: folder.index + "/index.sqlite")
        try Data("not a database, but long enough to look like one".utf8).write(to: database)
        #expect(code { _ = try VectorIndex(opening: folder.index) } == .notAnIndex)
        #expect(code { _ = try VectorIndex.create(at: folder.index, for: Self.model) } == .notAnIndex)
        try Data().write(to: database)
        #expect(code { _ = try VectorIndex(opening: folder.index) } == .notAnIndex)
        // An interrupted creation: it is simply repeated.
        _ = try VectorIndex.create(at: folder.index, for: Self.model)
        #expect(code { _ = try VectorIndex.create(at: folder.index, for: Self.model) } == .exists)
        #expect(try VectorIndex(opening: folder.index).count() == 0)
        #expect(code { _ = try VectorIndex.create(at: folder.path + "/no/such", for: Self.model) } == .cannotWrite)
        // A database of somebody else is left alone.
        try FileManager.default.removeItem(at: database)
        try DatabaseQueue(path: database.path).write { try $0.execute(sql: "CREATE TABLE description (x)") }
        #expect(code { _ = try VectorIndex(opening: folder.index) } == .notAnIndex)
        #expect(code { _ = try VectorIndex.create(at: folder.index, for: Self.model) } == .exists)
    }

    @Test func aDamagedDatabaseIsSeen() throws {
        let folder = TemporaryFolder()
        do {
            let (index, _) = try Self.built(folder)
            let whole = try index.verify()
            // Each changes one thing that no program of ours would write.
            for change in [
                "embedding = zeroblob(96)", "embedding = zeroblob(95)", "labels = labels + 1", "patient = NULL", "id = 'e99'",
                "embedding = (SELECT embedding FROM entry WHERE id = 'e4')", "checksum = checksum + 1",
            ] {
                try index.store.write { db in
                    try db.execute(sql: "CREATE TABLE kept AS SELECT * FROM entry WHERE id = 'e3'")
                    try db.execute(sql: "UPDATE entry SET \(change) WHERE id = 'e3'")
                }
                #expect(code { _ = try index.verify() } == .corrupted, "\(change)")
                #expect(code { _ = try index.build() } == .corrupted, "\(change)")
                try index.store.write { db in
                    try db.execute(sql: "REPLACE INTO entry SELECT * FROM kept; DROP TABLE kept")
                }
                #expect(try index.verify() == whole)
            }
            // An entry as `add` would have written it, which the snapshot has otherwise: the snapshot is to be made anew.
            let other = Sample.entries(Sample.unitRows("index.other", 1, Self.dimension), from: 3)[0]
            let embedding = other.embedding.withUnsafeBytes { Data($0) }
            try index.store.write { db in
                try db.execute(
                    sql: "UPDATE entry SET embedding = ?, checksum = ? WHERE id = 'e3'",
                    arguments: [embedding, Int64(bitPattern: other.checksum)])
            }
            #expect(code { _ = try index.verify() } == .corrupted)
            _ = try index.build()
            #expect(try index.verify() == whole)
            try index.store.write { db in try db.execute(sql: "DELETE FROM entry WHERE id = 'e3'") }
            #expect(code { _ = try index.verify() } == .corrupted)
        }
        let database = URL(fileURLWithPath: folder.index + "/index.sqlite")
        var bytes = try Data(contentsOf: database)
        for place in stride(from: 16_384 + 100, to: bytes.count, by: 16_384) {
            for offset in 0..<64 { bytes[place + offset] = 0xEE }
        }
        try bytes.write(to: database)
        let failure = code { _ = try VectorIndex(opening: folder.index).verify() }
        #expect(failure == .corrupted || failure == .notAnIndex, "\(String(describing: failure))")
    }
}
