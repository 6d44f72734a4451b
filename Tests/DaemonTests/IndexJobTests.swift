import Daemon
import Foundation
import GRDB
import Index
import Testing

/// `dr index` against a stub, and what is in the index afterwards.
@Suite struct IndexJobTests {
    private let retrieval = StubRetrieval()

    private func run(
        _ place: IndexPlace, _ stub: StubDaemon, labels: String? = nil, creates: Bool = true, batch: Int = 2,
        committed: @escaping @Sendable (CommittedBatch) -> Void = { _ in }
    ) async throws -> IndexOutcome {
        var options = IndexOptions(index: place.index, folder: place.folder, socket: stub.socket)
        options.labels = labels.map { "\(place.directory.path)/\($0)" }
        options.creates = creates
        options.batch = batch
        return try await IndexJob(options, committed: committed).run()
    }

    private func embeds(_ stub: StubDaemon) -> Int { stub.targets.count { $0.hasSuffix("/embed") } }

    private func failure(_ body: () async throws -> IndexOutcome) async -> String {
        do {
            _ = try await body()
            return "none"
        } catch {
            return "\(error)"
        }
    }

    @Test func aFolderWithLabels() async throws {
        let place = try IndexPlace()
        let stub = try await StubDaemon(in: place.directory) { [retrieval] in retrieval.answer($0) }
        let names = ["a.png", "b.jpg", "sub/c.png", "sub/d.dcm", "e.png", "bad.png", "unlisted.png"]
        for name in names { try place.write("pictures/\(name)", name == "bad.png" ? "text" : name) }
        try place.write(
            "labels.csv",
            "\u{FEFF}id_code,diagnosis,eye,patient_id\r\n\"a\",0,L,p1\r\nb,2,R,\"p,1\"\r\nsub/c,1,,\r\nsub/d,2,,p2\r\nbad,1,,p3\r\ne,0,,p4"
        )
        let batches = Collected<CommittedBatch>()
        let outcome = try await run(place, stub, labels: "labels.csv") { batches.add($0) }
        #expect(outcome.exitCode == 2)
        #expect(outcome.added == 5 && outcome.alreadyPresent == 0 && outcome.missing == 0 && outcome.pictures == 6)
        #expect(outcome.leftOut == 1 && outcome.unusedColumns == ["eye"])
        #expect(outcome.failures.map(\.picture) == ["bad.png"])
        // A slow machine commits earlier than after two pictures.
        #expect(batches.all.allSatisfy { (1...2).contains($0.added) && $0.total == 6 })
        #expect(batches.all.map(\.added).reduce(0, +) == 5 && batches.all.last?.lastID == "sub/d")
        let done = batches.all.map(\.done)
        #expect(done == done.sorted() && done.last == 6)

        let index = try VectorIndex(opening: place.index)
        #expect(index.model == IndexModel(sha256: retrieval.model.sha256, dimension: 8))
        let report = try index.verify()
        #expect(report.entries == 5 && report.snapshot == .current)
        let expected: [(String, String, String?, UInt64)] = [
            ("a", "a.png", "p1", 1), ("b", "b.jpg", "p,1", 4), ("sub/c", "sub/c.png", nil, 2), ("sub/d", "sub/d.dcm", "p2", 4),
            ("e", "e.png", "p4", 1),
        ]
        for (id, file, patient, labels) in expected {
            let entry = try #require(try index.entry(id: id))
            #expect(entry.patient == patient && entry.labels == labels)
            #expect(entry.embedding == retrieval.unit(Array(file.utf8)), "\(id)")
        }

        // Again: only the picture that failed is asked about, and nothing changes.
        let before = embeds(stub)
        let again = try await run(place, stub, labels: "labels.csv")
        #expect(again.added == 0 && again.alreadyPresent == 5 && again.exitCode == 2)
        #expect(embeds(stub) == before + 1)
        #expect(try index.verify().generation == report.generation)
        // What has no labels in the folder mode is added without a word about those that have.
        let rest = try await run(place, stub, creates: false)
        #expect(rest.added == 1 && rest.alreadyPresent == 5 && rest.pictures == 7)
        #expect(try index.entry(id: "unlisted")?.labels == 0)
        await stub.stop()
    }

    @Test func aColumnForEachLabel() async throws {
        let place = try IndexPlace()
        let stub = try await StubDaemon(in: place.directory) { [retrieval] in retrieval.answer($0) }
        for name in ["a", "b", "c"] { try place.write("pictures/\(name).png", name) }
        try place.write("l.csv", "severe,id_code,none,mild\n1,a,0,1\n0,b,0,0\n0,c,1,0\n\n\n")
        #expect(try await run(place, stub, labels: "l.csv").exitCode == 0)
        let index = try VectorIndex(opening: place.index)
        #expect(try ["a", "b", "c"].map { try index.entry(id: $0)?.labels } == [6, 0, 1])
        // Patients alone are enough, too.
        try place.write("p.csv", "id_code,patient_id\nd,p9\n")
        try place.write("pictures/d.png", "d")
        #expect(try await run(place, stub, labels: "p.csv", creates: false).added == 1)
        #expect(try index.entry(id: "d")?.patient == "p9")
        await stub.stop()
    }

    /// Everything that is wrong with a file is told at once with its line, before anything is asked or written.
    @Test(arguments: [
        (
            "id_code,diagnosis,patient_id\na,3,p\nb,x,p\n,1,p\nabsent,0,p\na,1,p\nb.jpg,0,\nb,1\n\nc,0,p\"q\nd,+1,p\ne,-1,p\ntwo,0,p\n",
            [
                "12 problems", "line 2: diagnosis '3' is no label of the model: 0 to 2", "line 3: diagnosis 'x' is no",
                "line 4: the name is empty", "line 5: there is no picture 'absent'", "line 6: 'a' is already on line 2",
                "line 7: there is no picture 'b.jpg' in the folder; there is a file of exactly this name",
                "line 8: 2 fields where the header has 3", "line 9: the line is blank", "line 10: a quote stands inside",
                "line 11: diagnosis '+1'", "line 12: diagnosis '-1'",
                "line 13: the picture 'two' is there as 'two.jpg' and 'two.png'",
            ]
        ),
        (
            "id_code,none,mild\na,0,1\n",
            ["line 1: there is no column for the model's label 'severe'; it has 'none', 'mild', 'severe'"]
        ),
        ("id_code,none,mild,severe\na,0,1,2\nb,,0,0\n", ["line 2: 'severe' is '2' where 0 or 1", "line 3: 'none' is '' where"]),
        ("id_code,none,mild,severe,diagnosis\na,0,1,0,1\n", ["line 1: there are a column diagnosis and columns of labels"]),
        ("id_code,grade\na,1\n", ["line 1: there is no column diagnosis, and none named as a label"]),
        ("name,diagnosis\na,1\n", ["line 1: there is no column id_code"]),
        ("id_code,diagnosis,diagnosis\na,1,1\n", ["line 1: the column 'diagnosis' appears twice"]),
        ("id_code,diagnosis\n", ["there is a header but no row"]),
        ("", ["line 1: the file has no header"]),
        ("PK\u{3}\u{4}", ["is a spreadsheet"]),
        ("id_code,diagnosis\n\"a,1\nb,1\n", ["line 2: a quote is never closed"]),
        ("id_code,diagnosis\na\u{1},1\n", ["line 2: the name has control characters"]),
    ])
    func faultsOfLabelFiles(_ text: String, _ expected: [String]) async throws {
        let place = try IndexPlace()
        let stub = try await StubDaemon(in: place.directory) { [retrieval] in retrieval.answer($0) }
        for name in ["a.png", "b.jpg", "c.png", "d.png", "e.png", "two.png", "two.jpg"] {
            try place.write("pictures/\(name)", name)
        }
        try place.write("l.csv", text)
        let message = await failure { try await run(place, stub, labels: "l.csv") }
        #expect(message.contains("nothing was written"))
        for part in expected { #expect(message.contains(part), "\(part) in \(message)") }
        #expect(embeds(stub) == 0 && !FileManager.default.fileExists(atPath: place.index))
        await stub.stop()
    }

    @Test func whatIsRefused() async throws {
        let place = try IndexPlace()
        let stub = try await StubDaemon(in: place.directory) { [retrieval] in retrieval.answer($0) }
        #expect(await failure { try await run(place, stub) }.contains("pictures: cannot be read"))
        try place.write("pictures/a.png", "a")
        #expect(await failure { try await run(place, stub, creates: false) }.contains("there is no index here"))
        try place.write("pictures/a.jpg", "a")
        #expect(await failure { try await run(place, stub) }.contains("'a' is there as 'a.jpg' and 'a.png'"))
        try FileManager.default.removeItem(atPath: place.folder + "/a.jpg")
        #expect(!FileManager.default.fileExists(atPath: place.index))
        #expect(try await run(place, stub).exitCode == 0)

        // The same picture under another label.
        try place.write("l.csv", "id_code,diagnosis\na,1\n")
        #expect(await failure { try await run(place, stub, labels: "l.csv") }.contains("'a' is in the index with other labels"))
        await stub.stop()

        try place.write("pictures/b.png", "b")
        var other = retrieval
        other.model.sha256 = String(repeating: "cd", count: 32)
        let otherModel = try await StubDaemon(in: place.directory) { [other] in other.answer($0) }
        let mismatch = await failure { try await run(place, otherModel) }
        #expect(mismatch.contains("the index is of model abababababab with 8 dimensions, the vectors are of model cdcdcdcdcdcd"))
        #expect(embeds(otherModel) == 0)
        await otherModel.stop()
        var narrow = retrieval
        narrow.model.precision = "bfloat16"
        let narrowModel = try await StubDaemon(in: place.directory) { [narrow] in narrow.answer($0) }
        #expect(await failure { try await run(place, narrowModel) }.contains("dimensions, computed in bfloat16"))
        #expect(embeds(narrowModel) == 0)
        await narrowModel.stop()
        for change in [{ $0.dimension = 9 }, { $0.views = 4 }] as [@Sendable (inout StubRetrieval) -> Void] {
            var other = retrieval
            change(&other)
            let daemon = try await StubDaemon(in: place.directory) { [other] in other.answer($0) }
            let outcome = try await run(place, daemon)
            #expect(outcome.stopped?.message.contains("an index belongs to one model") == true)
            #expect(outcome.added == 0 && outcome.missing == 1 && outcome.exitCode == 2)
            await daemon.stop()
        }
        #expect(try VectorIndex(opening: place.index).verify().entries == 1)
    }

    @Test func anotherTaskEndsTheRun() async throws {
        let place = try IndexPlace()
        let stub = try await StubDaemon(in: place.directory) { [retrieval] in retrieval.answer($0) }
        for name in ["a", "b", "c"] { try place.write("pictures/\(name).png", "other") }
        let outcome = try await run(place, stub)
        #expect(outcome.exitCode == 3 && outcome.stopped?.message.contains("is for screening") == true)
        #expect(!FileManager.default.fileExists(atPath: place.index))
        await stub.stop()
    }

    @Test func interruptionKeepsWhatIsFinished() async throws {
        let place = try IndexPlace()
        let (steps, step) = AsyncStream.makeStream(of: Int.self)
        let stub = try await StubDaemon(in: place.directory) { [retrieval] request in
            if request.body == Array("7".utf8) {
                step.yield(1)
                try? await Task.sleep(for: .seconds(20))
            }
            return retrieval.answer(request)
        }
        for name in 0..<10 { try place.write("pictures/\(name).png", "\(name)") }
        var options = IndexOptions(index: place.index, folder: place.folder, socket: stub.socket)
        (options.creates, options.jobs) = (true, 1)
        let job = Task { [options] in try await IndexJob(options).run() }
        for await _ in steps { break }
        job.cancel()
        let outcome = try await job.value
        #expect(outcome.exitCode == 130 && outcome.added == 7 && outcome.missing == 3)
        #expect(try VectorIndex(opening: place.index).verify().entries == 7)
        await stub.stop()
    }

    @Test func commandsOnAnIndex() async throws {
        let place = try IndexPlace()
        #expect(
            runIndexVerify(place.index) == 3 && runIndexBuild(place.index) == 3 && runIndexRemove(place.index, ids: ["a"]) == 3)
        let stub = try await StubDaemon(in: place.directory) { [retrieval] in retrieval.answer($0) }
        for name in 0..<5 { try place.write("pictures/\(name).png", "\(name)") }
        #expect(try await run(place, stub).exitCode == 0)
        #expect(runIndexVerify(place.index) == 0)
        let index = try VectorIndex(opening: place.index)
        #expect(runIndexRemove(place.index, ids: ["1", "absent", "1"]) == 2)
        #expect(runIndexRemove(place.index, ids: ["2"]) == 0)
        // What was removed is out of the snapshot as well.
        let report = try index.verify()
        #expect(report.entries == 3 && report.snapshot == .current && report.inMemory == 0)
        try FileManager.default.removeItem(atPath: place.index + "/vectors.snapshot")
        #expect(try index.report().entries == 3)
        #expect(runIndexBuild(place.index) == 0)
        #expect(try VectorIndex(opening: place.index).verify().snapshot == .current)
        // Entries that vanish behind the index's back are missed.
        let database = try DatabaseQueue(path: place.index + "/index.sqlite")
        try await database.write { try $0.execute(sql: "DELETE FROM entry WHERE id = '3'") }
        #expect(runIndexVerify(place.index) == 2)
        await stub.stop()
    }
}
