import Foundation
import Kernels
import Synchronization
import TestSupport
import Testing

@testable import Index

@Suite struct VectorIndexTests {
    private static let dimension = 24
    private static let model = Sample.model(dimension)

    private static func rows(_ count: Int, _ name: String = "index.test") -> [[Float]] {
        Sample.unitRows(name, count, self.dimension)
    }

    @Test func anIndexIsTheSameAfterItWasOpenedAgain() throws {
        let folder = TemporaryFolder()
        let rows = Self.rows(40)
        let entries = Sample.entries(rows)
        do {
            let index = try VectorIndex.create(at: folder.index, for: Self.model)
            #expect(try index.add(entries, from: Self.model) == AddResult(added: 40, alreadyPresent: 0))
        }
        let index = try VectorIndex(opening: folder.index)
        #expect(index.model == Self.model)
        #expect(try index.count() == 40)
        #expect(try index.entry(id: "e7") == entries[7])
        #expect(try index.entry(id: "e40") == nil)
        let result = try index.query([Query(rows[7])], count: 3, from: Self.model)
        #expect(result.entries == 40 && result.note == nil && result.neighbours[0].count == 3)
        let nearest = result.neighbours[0][0]
        #expect(
            nearest.id == "e7" && nearest.patient == "p2" && nearest.labels == 7 && nearest.distance == 0 && nearest.cosine == 1)
        #expect(try index.verify() == IndexReport(entries: 40, generation: 1, snapshot: .missing, inMemory: 40))
        #expect(try index.build().entries == 40)
        #expect(try index.verify() == IndexReport(entries: 40, generation: 1, snapshot: .current, inMemory: 0))
        #expect(try index.query([Query(rows[7])], count: 3, from: Self.model).neighbours == result.neighbours)
    }

    /// In the database and in its snapshot.
    @Test(arguments: [false, true], [false, true])
    func anIndexKnowsHowItsVectorsWereMade(_ isAugmented: Bool, _ isBFloat16: Bool) throws {
        let folder = TemporaryFolder()
        let model = IndexModel(
            sha256: Self.model.sha256, dimension: Self.dimension, isAugmented: isAugmented, isBFloat16: isBFloat16)
        _ = try VectorIndex.create(at: folder.index, for: model).add(Sample.entries(Self.rows(3)), from: model)
        let index = try VectorIndex(opening: folder.index)
        #expect(index.model == model)
        _ = try index.build()
        #expect(try VectorIndex(opening: folder.index).verify().snapshot == .current)
        #expect(model.description.contains("bfloat16") == isBFloat16)
    }

    /// WAL with `synchronous = FULL` (2): a commit is on the disk before it is acknowledged.
    @Test func commitsAreWrittenThrough() throws {
        let folder = TemporaryFolder()
        _ = try VectorIndex.create(at: folder.index, for: Self.model)
        let index = try VectorIndex(opening: folder.index)
        #expect(try index.store.durability() == ["wal", "2"])
    }

    @Test func vectorsAreKeptWithLength1() throws {
        let folder = TemporaryFolder()
        let index = try VectorIndex.create(at: folder.index, for: Self.model)
        let rows = Self.rows(3)
        _ = try index.add([IndexEntry(id: "long", embedding: rows[0].map { $0 * 1e30 })], from: Self.model)
        _ = try index.add([IndexEntry(id: "short", embedding: rows[1].map { $0 * 1e-30 })], from: Self.model)
        for (id, row) in [("long", rows[0]), ("short", rows[1])] {
            let kept = try #require(try index.entry(id: id))
            #expect(
                Tolerance(absolute: 1e-7, relative: 0).mismatch(kept.embedding.map(Double.init), row.map(Double.init), id) == nil)
            // What has been scaled once stays as it is.
            #expect(try index.add([IndexEntry(id: id, embedding: kept.embedding)], from: Self.model).alreadyPresent == 1)
        }
        let scaled = try index.query([Query(rows[0].map { $0 * 7 })], count: 1, from: Self.model).neighbours[0][0]
        #expect(scaled.id == "long" && scaled.distance < 1e-6)
    }

    @Test func badVectorsAreRefusedWithTheirWholeBatch() throws {
        let folder = TemporaryFolder()
        let index = try VectorIndex.create(at: folder.index, for: Self.model)
        let good = Sample.entries(Self.rows(3))
        var nan = good[0].embedding
        nan[5] = .nan
        let bad: [([Float], IndexError.Code)] = [
            (nan, .invalidVector), (nan.map { $0.isNaN ? .infinity : $0 }, .invalidVector),
            ([Float](repeating: 0, count: Self.dimension), .invalidVector), (Array(nan.dropLast()), .wrongLength),
            ([], .wrongLength),
            (nan + [1], .wrongLength),
        ]
        for (embedding, expected) in bad {
            let batch = good + [IndexEntry(id: "bad", embedding: embedding)]
            #expect(code { _ = try index.add(batch, from: Self.model) } == expected)
            #expect(code { _ = try index.query([Query(embedding)], count: 1, from: Self.model) } == expected)
        }
        for id in ["", String(repeating: "x", count: 513), "a\nb", "a\u{0}b"] {
            let batch = good + [IndexEntry(id: id, embedding: good[0].embedding)]
            #expect(code { _ = try index.add(batch, from: Self.model) } == .invalidEntry)
            let patient = good + [IndexEntry(id: "x", patient: id, embedding: good[0].embedding)]
            #expect(code { _ = try index.add(patient, from: Self.model) } == .invalidEntry)
        }
        let clash = good + [IndexEntry(id: "e1", embedding: good[0].embedding)]
        #expect(code { _ = try index.add(clash, from: Self.model) } == .duplicate)
        #expect(try index.verify().entries == 0)
        #expect(try index.verify().generation == 0)
    }

    @Test func errorsNameThePositionAndNoPatient() throws {
        let folder = TemporaryFolder()
        let index = try VectorIndex.create(at: folder.index, for: Self.model)
        var entries = Sample.entries(Self.rows(3))
        entries.append(IndexEntry(id: "SECRET", patient: "SECRET", embedding: [Float](repeating: .nan, count: Self.dimension)))
        #expect {
            try index.add(entries, from: Self.model)
        } throws: { error in
            let text = "\(error)"
            return text.contains("entry 3") && text.contains("not a number") && !text.contains("SECRET")
        }
        entries[3] = IndexEntry(id: "SECRET", patient: "SECRET", embedding: entries[0].embedding)
        _ = try index.add(entries, from: Self.model)
        #expect {
            try index.add([IndexEntry(id: "SECRET", embedding: entries[0].embedding)], from: Self.model)
        } throws: { error in
            "\(error)".contains("entry 0") && !"\(error)".contains("SECRET")
        }
    }

    @Test func anotherModelIsRefused() throws {
        let folder = TemporaryFolder()
        let index = try VectorIndex.create(at: folder.index, for: Self.model)
        let rows = Self.rows(2)
        _ = try index.add(Sample.entries(rows), from: Self.model)
        let others = [
            Sample.model(Self.dimension, "b"), Sample.model(Self.dimension - 1),
            IndexModel(sha256: Self.model.sha256, dimension: Self.dimension, isAugmented: true),
            IndexModel(sha256: Self.model.sha256, dimension: Self.dimension, isBFloat16: true),
        ]
        for other in others {
            #expect(code { _ = try index.add(Sample.entries(rows, from: 9), from: other) } == .modelMismatch)
            #expect(code { _ = try index.query([Query(rows[0])], count: 1, from: other) } == .modelMismatch)
        }
        #expect(try index.count() == 2)
        for sha256 in ["", "abc", String(repeating: "A", count: 64), String(repeating: "g", count: 64)] {
            let model = IndexModel(sha256: sha256, dimension: 4)
            #expect(code { _ = try VectorIndex.create(at: folder.index + "2", for: model) } == .invalidEntry)
        }
        for dimension in [0, -1, 65_537] {
            #expect(code { _ = try VectorIndex.create(at: folder.index + "2", for: Sample.model(dimension)) } == .wrongLength)
        }
        #expect(!FileManager.default.fileExists(atPath: folder.index + "2"))
    }

    @Test func anEmptyIndexAndTooManyNeighbours() throws {
        let folder = TemporaryFolder()
        let index = try VectorIndex.create(at: folder.index, for: Self.model)
        let rows = Self.rows(3)
        #expect(code { _ = try index.query([Query(rows[0])], count: 5, from: Self.model) } == .empty)
        #expect(try index.build().entries == 0)
        #expect(try index.verify() == IndexReport(entries: 0, generation: 0, snapshot: .current, inMemory: 0))
        #expect(code { _ = try index.query([Query(rows[0])], count: 5, from: Self.model) } == .empty)
        _ = try index.add(Sample.entries(rows), from: Self.model)
        let result = try index.query([Query(rows[0])], count: 5, from: Self.model)
        #expect(result.neighbours[0].count == 3)
        #expect(result.note == "5 neighbours were asked for, the index has 3 entries")
        #expect(code { _ = try index.query([Query(rows[0])], count: 0, from: Self.model) } == .invalidQuery)
        #expect(code { _ = try index.query([Query(rows[0])], count: -1, from: Self.model) } == .invalidQuery)
        #expect(try index.query([], count: 2, from: Self.model).neighbours.isEmpty)
        _ = try index.remove(ids: ["e0", "e1", "e2", "e7"])
        #expect(code { _ = try index.query([Query(rows[0])], count: 5, from: Self.model) } == .empty)
    }

    @Test func repeatedAdditionsChangeNothing() throws {
        let folder = TemporaryFolder()
        let index = try VectorIndex.create(at: folder.index, for: Self.model)
        let entries = Sample.entries(Self.rows(10))
        _ = try index.add(Array(entries[0..<6]), from: Self.model)
        #expect(try index.add(entries, from: Self.model) == AddResult(added: 4, alreadyPresent: 6))
        #expect(try index.add(entries + entries, from: Self.model) == AddResult(added: 0, alreadyPresent: 20))
        #expect(try index.verify().generation == 2)
    }

    @Test func exclusionsAndFilters() throws {
        let folder = TemporaryFolder()
        let index = try VectorIndex.create(at: folder.index, for: Self.model)
        let rows = Self.rows(60)
        // e0 is there three times, under other names and patients.
        let entries =
            Sample.entries(rows) + [
                IndexEntry(id: "twin", patient: "p0", labels: 1, embedding: rows[0]),
                IndexEntry(id: "lone", labels: 2, embedding: rows[0]),
            ]
        _ = try index.add(entries, from: Self.model)
        func ids(_ query: Query, _ count: Int = 4) throws -> [String] {
            try index.query([query], count: count, from: Self.model).neighbours[0].map(\.id)
        }
        for isBuilt in [false, true] {
            if isBuilt { _ = try index.build() }
            #expect(try Array(ids(Query(rows[0])).prefix(3)) == ["e0", "twin", "lone"])
            #expect(try Array(ids(Query(rows[0], excludedID: "e0")).prefix(2)) == ["twin", "lone"])
            let other = try ids(Query(rows[0], excludedPatient: "p0"), 62)
            #expect(other.first == "lone" && other.count == 62 - 4 && Set(other).isDisjoint(with: ["e0", "e1", "e2", "twin"]))
            #expect(try ids(Query(rows[0], excludedID: "nobody", excludedPatient: "nobody")) == ids(Query(rows[0])))
            let filters = [LabelFilter(all: 5), LabelFilter(any: 6), LabelFilter(none: 3), LabelFilter(all: 1, any: 6, none: 4)]
            let queries = filters.map { Query(rows[9], labels: $0) } + [Query(rows[9], excludedID: "e9", labels: filters[0])]
            let results = try index.query(queries, count: 62, from: Self.model).neighbours
            for (filter, found) in zip(filters, results) {
                let expected = entries.filter { filter.accepts($0.labels) }.map(\.id)
                #expect(found.count == expected.count && Set(found.map(\.id)) == Set(expected))
                #expect(found.map(\.distance) == found.map(\.distance).sorted())
            }
            #expect(results[4].map(\.id) == results[0].map(\.id).filter { $0 != "e9" })
            let nothing = try index.query([Query(rows[0], labels: LabelFilter(all: 1 << 63))], count: 3, from: Self.model)
            #expect(nothing.neighbours == [[]])
        }
    }

    @Test func queriesGoOnWhileAnIndexChanges() throws {
        let folder = TemporaryFolder()
        let index = try VectorIndex.create(at: folder.index, for: Self.model)
        let rows = Self.rows(200)
        _ = try index.add(Sample.entries(Array(rows[0..<20])), from: Self.model)
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            setThreadCount(1)
            do {
                for step in 0..<30 {
                    if thread == 0 {
                        // The first ten entries stay; others come, and some go again.
                        _ = try index.add(
                            Sample.entries(Array(rows[20 + step * 6..<26 + step * 6]), from: 20 + step * 6), from: Self.model)
                        if step % 3 == 0 { _ = try index.remove(ids: ["e\(10 + step * 6)", "e\(21 + step * 6)"]) }
                        if step % 10 == 5 { _ = try index.build() }
                    } else {
                        let own = (step + thread) % 10
                        let result = try index.query([Query(rows[own])], count: 15, from: Self.model)
                        let found = result.neighbours[0]
                        if found.first?.id != "e\(own)" || found.count != 15
                            || found.map(\.distance) != found.map(\.distance).sorted()
                        {
                            failures.withLock {
                                $0.append("step \(step): \(found.count) found, first \(found.first?.id ?? "none")")
                            }
                        }
                    }
                }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(try index.verify().entries == 200 - 20)
    }

    @Test func twoHandlesSeeEachOther() throws {
        let folder = TemporaryFolder()
        let writer = try VectorIndex.create(at: folder.index, for: Self.model)
        let reader = try VectorIndex(opening: folder.index)
        let rows = Self.rows(12)
        func nearest(_ row: Int) throws -> String {
            try reader.query([Query(rows[row])], count: 1, from: Self.model).neighbours[0][0].id
        }
        _ = try writer.add(Sample.entries(Array(rows[0..<4])), from: Self.model)
        #expect(try nearest(1) == "e1")
        _ = try writer.add(Sample.entries(Array(rows[4..<8]), from: 4), from: Self.model)
        #expect(try nearest(6) == "e6")
        _ = try writer.remove(ids: ["e6"])
        #expect(try nearest(6) != "e6")
        // The snapshot forgets the removal before it; the reader's view is older.
        _ = try writer.remove(ids: ["e5"])
        _ = try writer.build()
        #expect(try nearest(5) != "e5")
        _ = try writer.remove(ids: ["e1"])
        _ = try writer.add([IndexEntry(id: "e1", embedding: rows[9])], from: Self.model)
        #expect(try nearest(1) != "e1")
        #expect(try nearest(9) == "e1")
        #expect(try reader.verify() == IndexReport(entries: 6, generation: 6, snapshot: .behind, inMemory: 1))
    }
}
