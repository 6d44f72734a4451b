import Foundation
import Index
import Testing

/// Labelled photographs to an index and its neighbours, by the commands alone.
@Suite(.serialized) struct RetrievalTests {
    /// An embedding network of one epoch and its package, made once: `data`, `models/likeness/1`.
    private static let original = Result {
        let folder = try Programs.sharedFolder()
        let sample = try Programs.run(
            "dr-train", ["sample", folder.path + "/data", "--images", "300", "--size", "32"], in: folder)
        try #require(sample.status == 0, "\(sample.error)")
        let fit = try Programs.run(
            "dr-train",
            [
                "fit", "--output", folder.path + "/run", "task=retrieval", "data.csv=\(folder.path)/data/labels.csv",
                "data.images=\(folder.path)/data/images", "image.size=[32,32]", "training.epochs=1", "training.best_by=map",
                "retrieval.batches_per_epoch=2", "retrieval.embedding_length=16", "retrieval.hidden_units=16",
                "system.threads=2",
            ], in: folder)
        try #require(fit.status == 0, "\(fit.error)")
        let export = try Programs.run(
            "dr-export", [folder.path + "/run", "--output", folder.path + "/models/likeness/1"], in: folder)
        try #require(export.status == 0, "\(export.error)")
        return folder
    }

    /// A daemon with the model in a folder of its own.
    private struct Served {
        let folder: URL
        let data: URL
        let daemon: Programs.Running
        var socket: String { self.folder.path + "/s" }
        var index: String { self.folder.path + "/models/likeness/index" }
        var pictures: String { self.data.path + "/images" }

        /// The pictures' files, sorted.
        func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: self.pictures).sorted() }

        func firstPicture() throws -> String { try #require(try self.files().first) }

        /// The cells of `labels.csv` by picture: grade and patient.
        var labels: [String: (grade: Int, patient: String)] {
            get throws {
                let text = try String(contentsOf: self.data.appendingPathComponent("labels.csv"), encoding: .utf8)
                let rows = text.split(separator: "\n").dropFirst().map { $0.split(separator: ",").map(String.init) }
                return try Dictionary(uniqueKeysWithValues: rows.map { ($0[0], (try #require(Int($0[1])), $0[2])) })
            }
        }

        func dr(_ arguments: String...) throws -> Programs.Outcome {
            try Programs.run("dr", arguments + ["--socket", self.socket], in: self.folder)
        }

        func query(_ file: String, _ arguments: String...) throws -> [String: Any] {
            let answer = try Programs.run(
                "dr", ["query", file, "--format", "json", "--socket", self.socket] + arguments, in: self.folder)
            #expect(answer.status == 0, "\(answer.error)")
            return try #require(try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any])
        }
    }

    private static func with(_ body: (Served) throws -> Void) throws {
        let original = try self.original.get()
        let folder = try Programs.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.copyItem(
            at: original.appendingPathComponent("models"), to: folder.appendingPathComponent("models"))
        let daemon = try Programs.daemon(folder.path + "/models", socket: folder.path + "/s", in: folder)
        defer { if daemon.process.isRunning { daemon.kill() } }
        try body(Served(folder: folder, data: original.appendingPathComponent("data"), daemon: daemon))
    }

    private static func neighbours(_ answer: [String: Any]) throws -> [(id: String, distance: Double)] {
        try #require(answer["neighbours"] as? [[String: Any]]).map { entry in
            (try #require(entry["id"] as? String), try #require(entry["distance"] as? Double))
        }
    }

    @Test func neighboursOfPicturesInTheIndex() throws {
        try Self.with { served in
            let none = try served.dr("query", "\(served.pictures)/\(try served.firstPicture())")
            #expect(none.status == 3 && none.error.contains("dr index build"), "\(none.error)")
            let build = try served.dr(
                "index", "build", served.index, served.pictures, "--labels", "\(served.data.path)/labels.csv")
            #expect(build.status == 0, "\(build.error)")
            // A batch is written when it is full or after five seconds, so that only the end is certain.
            #expect(build.output.hasPrefix("committed ") && build.output.contains("; 300 of 300 done, up to "), "\(build.output)")
            let labels = try served.labels
            let index = try VectorIndex(opening: served.index)
            #expect(try index.verify().entries == 300)
            for (id, label) in labels {
                let entry = try #require(try index.entry(id: id))
                #expect(entry.labels == 1 << UInt64(label.grade) && entry.patient == label.patient)
            }

            // Every distance is that of the entries' vectors, computed here, and the nearest are the nearest of all.
            let entries = try labels.keys.map { try #require(try index.entry(id: $0)) }
            for file in try served.files().prefix(4) {
                let id = String(file.prefix { $0 != "." })
                let own = try #require(try index.entry(id: id)).embedding
                let distances = entries.map { entry in
                    zip(own, entry.embedding).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }.squareRoot()
                }
                let found = try Self.neighbours(try served.query("\(served.pictures)/\(file)", "-k", "7"))
                #expect(found.count == 7 && found[0].distance == 0)
                for (neighbour, distance) in zip(found, distances.sorted()) {
                    #expect(abs(neighbour.distance - distance) < 1e-12)
                    let place = try #require(entries.firstIndex { $0.id == neighbour.id })
                    #expect(abs(neighbour.distance - distances[place]) < 1e-12)
                }
                let rest = try Self.neighbours(
                    try served.query("\(served.pictures)/\(file)", "-k", "6", "--exclude-self", "--pictures", served.pictures))
                #expect(rest.map(\.id) == found.filter { $0.id != id }.prefix(6).map(\.id))
                let patient = try #require(labels[id]).patient
                let others = try served.query("\(served.pictures)/\(file)", "-k", "300", "--exclude-patient", patient)
                #expect(try Self.neighbours(others).allSatisfy { labels[$0.id]?.patient != patient })
                #expect(try Self.neighbours(others).count == labels.values.count { $0.patient != patient })
                let filtered = try served.query("\(served.pictures)/\(file)", "-k", "300", "--label-any", "PDR,No DR")
                #expect(try Set(Self.neighbours(filtered).map(\.id)) == Set(labels.filter { [0, 4].contains($1.grade) }.keys))
            }
        }
    }

    /// The rows of `evaluate --neighbours` by query: identifiers and distances, nearest first.
    private static func evaluated(_ path: String) throws -> [String: [(id: String, distance: Double)]] {
        let rows = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst()
            .map { $0.split(separator: ",").map(String.init) }
        return try Dictionary(grouping: rows, by: { $0[0] }).mapValues { try $0.map { ($0[2], try #require(Double($0[3]))) } }
    }

    /// The training pictures in an index, and the held-out ones as queries.
    @Test func servedNeighboursAreThoseOfEvaluate() throws {
        try Self.with { served in
            let run = try Self.original.get().path + "/run"
            let output = served.folder.path + "/neighbours.csv"
            let evaluate = try Programs.run(
                "dr-train", ["evaluate", run, "--neighbours", output, "--threads", "2"], in: served.folder)
            try #require(evaluate.status == 0, "\(evaluate.error)")
            let expected = try Self.evaluated(output)
            let training = served.folder.appendingPathComponent("training")
            try FileManager.default.createDirectory(at: training, withIntermediateDirectories: true)
            for file in try served.files() where expected[String(file.prefix { $0 != "." })] == nil {
                try FileManager.default.copyItem(atPath: "\(served.pictures)/\(file)", toPath: "\(training.path)/\(file)")
            }
            let build = try served.dr("index", "build", served.index, "--model", "likeness", training.path)
            try #require(build.status == 0, "\(build.error)")
            var compared = 0
            for file in try served.files().filter({ expected[String($0.prefix { $0 != "." })] != nil }).prefix(20) {
                let answer = try served.query("\(served.pictures)/\(file)", "--model", "likeness", "-k", "20")
                let neighbours = try #require(answer["neighbours"] as? [[String: Any]])
                let wanted = try #require(expected[String(file.prefix { $0 != "." })])
                #expect(neighbours.map { $0["id"] as? String } == wanted.map { $0.id })
                for (neighbour, known) in zip(neighbours, wanted) {
                    let distance = try #require(neighbour["distance"] as? Double)
                    #expect(abs(distance - known.distance) <= 1e-5)
                    compared += 1
                }
            }
            #expect(compared == 400)
        }
    }

    @Test func whatIsSaidAboutQueries() throws {
        try Self.with { served in
            let few = served.folder.appendingPathComponent("few")
            try FileManager.default.createDirectory(at: few, withIntermediateDirectories: true)
            for file in try served.files().prefix(5) {
                try FileManager.default.copyItem(atPath: "\(served.pictures)/\(file)", toPath: "\(few.path)/\(file)")
            }
            #expect(try served.dr("index", "build", served.index, few.path).status == 0)
            let picture = "\(few.path)/\(try served.firstPicture())"
            let table = try served.dr("query", picture, "-k", "9")
            #expect(table.status == 0 && table.output.contains("9 neighbours were asked for, the index has 5 entries"))
            let page = served.folder.path + "/like.html"
            let html = try served.dr("query", picture, "--format", "html", "--pictures", few.path, "--output", page)
            #expect(html.status == 0 && html.output.isEmpty, "\(html.error)")
            #expect(try String(contentsOfFile: page, encoding: .utf8).components(separatedBy: "<img src=\"data:").count == 7)
            try Data("no picture".utf8).write(to: few.appendingPathComponent("bad.png"))
            let bad = try served.dr("query", picture, few.path + "/bad.png")
            #expect(bad.status == 2 && bad.error.contains("bad.png: unsupported_format"), "\(bad.error)")
            let unknown = try served.dr("query", picture, "--label-any", "mild NPD")
            #expect(unknown.status == 3 && unknown.error.contains("a label that the model does not know"), "\(unknown.error)")

            let ids = try served.files().prefix(5).map { String($0.prefix { $0 != "." }) }
            let remove = try Programs.run("dr", ["index", "remove", served.index] + ids, in: served.folder)
            #expect(remove.status == 0 && remove.output == "removed 5\n", "\(remove.error)")
            let empty = try served.dr("query", picture)
            #expect(empty.status == 3 && empty.error.contains("has no entries"), "\(empty.error)")
            // An embedding model does not segment.
            let segment = try served.dr("segment", few.path, "--output", served.folder.path + "/masks")
            #expect(segment.status == 3 && segment.error.contains("is for retrieval"), "\(segment.error)")
            served.daemon.process.terminate()
            #expect(served.daemon.outcome().status == 0)
            #expect(try served.dr("query", picture).error.contains("no daemon answers"))
        }
    }

    /// `kill -9` at any moment of adding loses nothing that was acknowledged.
    @Test func fiftyKillsLoseNothing() throws {
        try Self.with { served in
            let csv = "\(served.data.path)/labels.csv"
            let whole = served.folder.path + "/whole"
            #expect(try served.dr("index", "build", whole, served.pictures, "--labels", csv).status == 0)
            let reference = try VectorIndex(opening: whole)
            let ids = try served.labels.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            var (kills, acknowledged, cutOff, finished) = (0, 0, 0, 0)
            while kills < 50 {
                let verb = acknowledged > 0 ? "add" : "build"
                let process = try Programs.Running(
                    "dr",
                    [
                        "index", verb, served.index, served.pictures, "--labels", csv, "--batch", "5", "--socket", served.socket,
                    ], in: served.folder)
                Thread.sleep(forTimeInterval: Double.random(in: 0.02...0.4))
                let isRunning = process.process.isRunning
                process.kill()
                let outcome = process.outcome()
                kills += isRunning ? 1 : 0
                finished += isRunning ? 0 : 1
                #expect(isRunning || outcome.status == 0, "\(outcome.error)")
                // Whole lines only: the last may be torn.
                for line in outcome.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                    guard line.hasPrefix("committed "), let last = line.split(separator: " ").last else { continue }
                    acknowledged = max(acknowledged, 1 + (try #require(ids.firstIndex(of: String(last)))))
                }
                guard let index = try? VectorIndex(opening: served.index) else {
                    #expect(acknowledged == 0, "the index cannot be opened after \(acknowledged) acknowledged pictures")
                    continue
                }
                let report = try index.verify()
                for id in ids.prefix(acknowledged) {
                    let kept = try index.entry(id: id)
                    #expect(try kept != nil && kept == reference.entry(id: id), "\(id)")
                }
                cutOff += report.entries > acknowledged ? 1 : 0
                acknowledged = report.entries
                if acknowledged == ids.count {
                    try FileManager.default.removeItem(atPath: served.index)
                    acknowledged = 0
                }
            }
            #expect(try served.dr("index", "build", served.index, served.pictures, "--labels", csv).status == 0)
            #expect(try VectorIndex(opening: served.index).verify().entries == ids.count)
            print("kills: 50, ended by themselves: \(finished), kept though not acknowledged: \(cutOff)")
        }
    }
}
