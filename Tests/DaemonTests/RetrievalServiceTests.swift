import Daemon
import Foundation
import Imaging
import Index
import Metrics
import Pipelines
import Testing

/// Embedding and querying over the protocol.
@Suite struct RetrievalServiceTests {
    private static let labels = ["cyst", "scar", "bleed"]

    private static func has(_ bit: Int, _ number: Int) -> Bool { Setup.labels(number) >> UInt64(bit) & 1 == 1 }

    /// One model, and its index of twelve pictures made of its own answers.
    struct Setup {
        static let ids = (0..<12).map { "p\($0)" }
        let models: TinyModels
        let client: InferenceClient
        let embeddings: [[Float]]
        let sha256: String

        init(settings: String? = nil) async throws {
            self.models = try TinyModels()
            try self.models.retrieval("like", seed: 5)
            if let settings { try self.models.settings("like", settings) }
            self.client = try await self.models.service()
            var embeddings: [[Float]] = []
            var sha256 = ""
            for number in 0..<12 {
                let reply = try await self.client.ask("like/embed", Self.picture(number), EmbedReply.self)
                embeddings.append(reply.embedding)
                sha256 = reply.model.sha256
            }
            self.embeddings = embeddings
            self.sha256 = sha256
        }

        static func picture(_ number: Int) -> Image { testPicture(number, width: 16, height: 16) }
        /// Pictures of a patient lie together, labels are bits of the number.
        static func labels(_ number: Int) -> UInt64 { UInt64(number % 8) }
        static func patient(_ number: Int) -> String? { number < 9 ? "patient \(number / 3)" : nil }

        func entry(_ number: Int) -> IndexEntry {
            IndexEntry(
                id: Self.ids[number], patient: Self.patient(number), labels: Self.labels(number),
                embedding: self.embeddings[number])
        }

        var model: IndexModel { IndexModel(sha256: self.sha256, dimension: 8) }

        @discardableResult func index(_ numbers: Range<Int> = 0..<12, at place: String = "like/index") throws -> VectorIndex {
            let index = try VectorIndex.create(at: "\(self.models.root)/\(place)", for: self.model)
            _ = try index.add(numbers.map { self.entry($0) }, from: self.model)
            return index
        }

        /// Every entry by distance, in double precision over the answers of `embed`.
        func ranking(_ query: [Float], where accepts: (Int) -> Bool = { _ in true }) -> [(number: Int, distance: Double)] {
            (0..<12).filter(accepts).map { number -> (number: Int, distance: Double) in
                var sum = 0.0
                for (one, other) in zip(query, self.embeddings[number]) {
                    let difference = Double(one) - Double(other)
                    sum += difference * difference
                }
                return (number, sum.squareRoot())
            }.sorted { ($0.distance, $0.number) < ($1.distance, $1.number) }
        }
    }

    @Test func theEmbeddingIsTheNetworksOutput() async throws {
        let setup = try await Setup()
        for number in 0..<12 {
            let expected = try setup.models.outputs("like", Setup.picture(number))
            #expect(setup.embeddings[number].map(\.bitPattern) == expected.map(\.bitPattern))
        }
        let reply = try await setup.client.ask("like/embed", Setup.picture(1), EmbedReply.self)
        #expect(reply.dimension == 8 && reply.views == 1 && reply.model.name == "like" && reply.model.version == 1)
        #expect(reply.timings.compute > 0 && reply.timings.search == nil)
        #expect(Set(setup.embeddings).count == 12)
    }

    @Test(arguments: [
        "k=5", "k=12", "k=3&exclude_id=p4", "k=12&exclude_patient=patient%201", "k=5&label_all=cyst,scar",
        "k=5&label_any=scar,bleed&label_none=cyst", "k=4&exclude_id=p4&exclude_patient=patient%200",
    ])
    func neighboursAreThoseOfAPlainSearch(_ query: String) async throws {
        let setup = try await Setup()
        try setup.index()
        let reply = try await setup.client.ask("like/query?\(query)", Setup.picture(4), QueryReply.self)
        func has(_ text: String) -> Bool { query.contains(text) }
        let k = try #require(query.dropFirst(2).split(separator: "&").first.flatMap { Int($0) })
        let expected = setup.ranking(setup.embeddings[4]) { number in
            let bits = Setup.labels(number)
            if has("exclude_id=p4"), number == 4 { return false }
            if has("patient%201"), Setup.patient(number) == "patient 1" { return false }
            if has("patient%200"), Setup.patient(number) == "patient 0" { return false }
            if has("label_all"), bits & 3 != 3 { return false }
            if has("label_any"), bits & 6 == 0 { return false }
            if has("label_none"), bits & 1 != 0 { return false }
            return true
        }.prefix(k)
        #expect(!expected.isEmpty)
        #expect(reply.neighbours.map(\.id) == expected.map { Setup.ids[$0.number] })
        #expect(reply.neighbours.map(\.rank) == Array(1...expected.count))
        for (found, wanted) in zip(reply.neighbours, expected) {
            #expect(abs(found.distance - wanted.distance) < 1e-12)
            let cosine: Double = 1 - wanted.distance * wanted.distance / 2
            #expect(abs(found.cosine - cosine) < 1e-12)
            #expect(found.patient == Setup.patient(wanted.number))
            var names: [String] = []
            for (bit, label) in Self.labels.enumerated() where Self.has(bit, wanted.number) { names.append(label) }
            #expect(found.labels == names)
        }
        let isExact = expected[0].distance == 0
        #expect(isExact == (expected[0].number == 4))
        let weights: [Double] = expected.map { neighbour in
            if isExact { return neighbour.distance == 0 ? 1 : 0 }
            return 1 / neighbour.distance
        }
        let total: Double = weights.reduce(0, +)
        for (bit, label) in Self.labels.enumerated() {
            var share = 0.0
            for (weight, neighbour) in zip(weights, expected) where Self.has(bit, neighbour.number) { share += weight / total }
            let vote: Double = try #require(reply.votes[label])
            #expect(abs(vote - share) < 1e-9)
        }
        #expect(reply.k == k && reply.entries == 12 && reply.note == nil && reply.members == nil && reply.views == 1)
        #expect(reply.selfMatch.hasPrefix("kept") == !has("exclude"))
        #expect(reply.timings.search ?? 0 > 0)
    }

    @Test func theIndexIsFollowedWhileItChanges() async throws {
        let setup = try await Setup()
        let missing = try await setup.client.refusal("like/query")
        #expect(missing.status == 404 && missing.code == "no_index" && missing.message.contains("dr index build"))
        let index = try setup.index(0..<0)
        let empty = try await setup.client.refusal("like/query")
        #expect(empty.status == 404 && empty.code == "empty_index")
        _ = try index.add([setup.entry(0)], from: setup.model)
        let few = try await setup.client.ask("like/query?k=3", Setup.picture(0), QueryReply.self)
        #expect(few.neighbours.map(\.id) == ["p0"] && few.neighbours[0].distance == 0 && few.entries == 1)
        #expect(few.note?.contains("3 neighbours were asked for, the index has 1") == true)
        #expect(few.votes == ["cyst": 0, "scar": 0, "bleed": 0])
        // Nothing passes: no neighbours, no votes.
        let none = try await setup.client.ask("like/query?exclude_id=p0", Setup.picture(0), QueryReply.self)
        #expect(none.neighbours.isEmpty && none.votes.isEmpty)
        _ = try index.add([setup.entry(1)], from: setup.model)
        #expect(try await setup.client.ask("like/query", Setup.picture(0), QueryReply.self).entries == 2)
        // Another index in its place.
        try setup.index(3..<6, at: "like/new")
        let place = "\(setup.models.root)/like/index"
        try FileManager.default.moveItem(atPath: place, toPath: "\(setup.models.root)/like/old")
        try FileManager.default.moveItem(atPath: "\(setup.models.root)/like/new", toPath: place)
        let other = try await setup.client.ask("like/query", Setup.picture(0), QueryReply.self)
        #expect(Set(other.neighbours.map(\.id)) == ["p3", "p4", "p5"])
    }

    @Test func theSettingsNameAnotherPlace() async throws {
        let setup = try await Setup(settings: "index: ../shared")
        try setup.index(0..<2, at: "shared")
        #expect(try await setup.client.ask("like/query", Setup.picture(0), QueryReply.self).entries == 2)
    }

    @Test func theIndexOfAnotherModelIsRefused() async throws {
        let setup = try await Setup()
        let others = [
            IndexModel(sha256: String(repeating: "a", count: 64), dimension: 8),
            IndexModel(sha256: setup.sha256, dimension: 8, isAugmented: true),
            IndexModel(sha256: setup.sha256, dimension: 9),
            IndexModel(sha256: setup.sha256, dimension: 8, isBFloat16: true),
        ]
        let parts = ["model aaaaaaaaaaaa with 8", "averaged over views", "with 9 dimensions", "computed in bfloat16"]
        for (other, part) in zip(others, parts) {
            let path = "\(setup.models.root)/like/index"
            let index = try VectorIndex.create(at: path, for: other)
            let vector = (0..<other.dimension).map { Float($0 + 1) }
            _ = try index.add([IndexEntry(id: "x", embedding: vector)], from: other)
            let refusal = try await setup.client.refusal("like/query")
            #expect(refusal.status == 409 && refusal.code == "index_mismatch")
            #expect(refusal.message.contains(part) && refusal.message.contains(String(setup.sha256.prefix(12))))
            #expect(!refusal.message.contains(setup.models.root))
            try FileManager.default.removeItem(atPath: path)
        }
        let path = "\(setup.models.root)/like/index"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data(repeating: 65, count: 8192).write(to: URL(fileURLWithPath: path + "/index.sqlite"))
        let damaged = try await setup.client.refusal("like/query")
        #expect(damaged.status == 500 && damaged.code == "index" && !damaged.message.contains(setup.models.root))
    }

    @Test(arguments: [
        ("k=0", "input", "1 to 1000"), ("k=-3", "input", "1 to 1000"), ("k=1001", "input", "1 to 1000"),
        ("k=ten", "invalid", "whole number"), ("k=", "invalid", "no value"), ("k", "invalid", "no value"),
        ("k=3&k=4", "invalid", "twice"), ("exclude=p1", "invalid", "exclude_patient"),
        ("exclude_id=%E4%ZZ", "invalid", "percent"), ("exclude_id=%FF", "invalid", "percent"),
        ("label_all=cyst,scars", "unknown_label", "did you mean scar?"), ("label_any=,", "unknown_label", "cyst, scar, bleed"),
        ("label_none=" + String(repeating: "a", count: 9000), "invalid", "longer than"),
    ])
    func questionsThatAreRefused(_ query: String, _ code: String, _ part: String) async throws {
        let setup = try await Setup()
        try setup.index(0..<2)
        let refusal = try await setup.client.refusal("like/query?\(query)")
        #expect(refusal.status == 400 && refusal.code == code && refusal.message.contains(part), "\(refusal)")
    }

    /// The longest name there can be, every byte of it written as three, through a real socket.
    @Test func aLongQuestionOverTheSocket() async throws {
        let setup = try await Setup()
        let index = try setup.index()
        let name = String(repeating: "é", count: 256)
        _ = try index.add([IndexEntry(id: name, embedding: setup.embeddings[4])], from: setup.model)
        let directory = try TemporaryDirectory()
        let daemon = try await RunningDaemon(models: setup.models.root, in: directory)
        let body = try Setup.picture(4).encodedPNG()
        let encoded = String(repeating: "%C3%A9", count: 256)
        let answer = try await daemon.post("/v2/models/like/query?k=2&exclude_id=\(encoded)", body)
        let reply = try JSONDecoder().decode(QueryReply.self, from: Data(answer.body))
        #expect(reply.neighbours[0].id == "p4" && reply.neighbours[1].id != name)
        let both = try await daemon.post("/v2/models/like/query?k=2", body)
        let twins = try JSONDecoder().decode(QueryReply.self, from: Data(both.body)).neighbours
        #expect(twins.map(\.id) == ["p4", name] && twins.map(\.distance) == [0, 0])
        let embedding = try await daemon.post("/v2/models/like/embed", body)
        let floats = try JSONDecoder().decode(EmbedReply.self, from: Data(embedding.body)).embedding
        #expect(floats.map(\.bitPattern) == setup.embeddings[4].map(\.bitPattern))
        await daemon.stop()
    }

    @Test func modelsForSomethingElse() async throws {
        let setup = try await Setup()
        try setup.models.screening("grades", seed: 1)
        try setup.models.segmentation("masks", seed: 1)
        let client = try await setup.models.service()
        let pairs = [
            ("grades/embed", "is for screening, not for retrieval"), ("masks/query", "is for segmentation, not for retrieval"),
            ("like/screen", "is for retrieval, not for screening"), ("like/segment", "is for retrieval, not for segmentation"),
        ]
        for (target, part) in pairs {
            let refusal = try await client.refusal(target)
            #expect(refusal.status == 400 && refusal.code == "wrong_task" && refusal.message.contains(part), "\(refusal)")
        }
    }

    /// Every verb takes a DICOM picture and answers as for the same pixels in PNG.
    @Test func dicomPictures() async throws {
        let setup = try await Setup()
        try setup.index()
        try setup.models.screening("grades", seed: 1)
        try setup.models.segmentation("masks", seed: 1)
        let client = try await setup.models.service()
        let dicom = try dicomPicture("stored window")
        let png = try Image.decode(dicom).encodedPNG()
        for target in ["grades/screen", "masks/segment?overlay=true", "like/embed", "like/query?k=4"] {
            var answers: [[String: JSONValue]] = []
            for body in [dicom, png] {
                let answer = await client.post("/v2/models/\(target)", body)
                #expect(answer.status == 200, "\(target): \(answer.text)")
                var fields = try JSONDecoder().decode([String: JSONValue].self, from: Data(answer.body))
                fields["timings_ms"] = nil
                answers.append(fields)
            }
            #expect(answers[0] == answers[1] && answers[0].count > 3, "\(target)")
            let cut = try await client.refusal(target, Array(dicom.prefix(dicom.count * 2 / 3)))
            #expect(cut.status == 400 && cut.code != "unsupported_format", "\(target): \(cut)")
            let text = try await client.refusal(target, Array("a text".utf8))
            #expect(text.status == 400 && text.code == "unsupported_format" && text.message.contains("DICOM"), "\(text)")
            let nothing = try await client.refusal(target, [])
            #expect(nothing.status == 400 && nothing.message.contains("is empty; send a PNG, JPEG or DICOM picture"))
        }
    }
}
