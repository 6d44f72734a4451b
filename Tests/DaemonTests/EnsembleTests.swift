import Daemon
import Foundation
import Imaging
import Index
import Metrics
import Pipelines
import Testing

/// Models that answer together, over the protocol.
@Suite struct EnsembleTests {
    private static let both = "ensemble: {members: [{model: one, weight: 0.9}, {model: two, weight: 0.6}]}"
    private static let picture = testPicture(9, width: 40, height: 30)

    private static func members(
        _ yaml: String = both, _ write: (TinyModels) throws -> Void
    ) async throws -> (TinyModels, InferenceClient) {
        let models = try TinyModels()
        try write(models)
        try models.settings("all", yaml)
        return (models, try await models.service())
    }

    @Test func screeningIsTheSoftVote() async throws {
        let (_, client) = try await Self.members {
            try $0.screening("one", seed: 1, threshold: 0.3)
            try $0.screening("two", seed: 2, threshold: 0.6, height: 24, width: 20)
        }
        let one = try await client.ask("one/screen", Self.picture, ScreenReply.self)
        let two = try await client.ask("two/screen", Self.picture, ScreenReply.self)
        let reply = try await client.ask("all/screen", Self.picture, ScreenReply.self)
        #expect(reply.probabilities == (try SoftVote(weights: [0.9, 0.6])([one.probabilities, two.probabilities])))
        #expect(one.probabilities != two.probabilities)
        #expect(reply.grade == mostProbable(reply.probabilities) && reply.gradeName == TinyModels.grades[reply.grade])
        let threshold: Double = try #require(reply.referable?.threshold)
        let mean: Double = (0.9 * 0.3 + 0.6 * 0.6) / 1.5
        #expect(abs(threshold - mean) < 1e-15)
        let votes = try #require(reply.votes)
        #expect(votes.map(\.member.name) == ["one", "two"] && votes.map(\.member.weight) == [0.9, 0.6])
        #expect(votes.map(\.answer.probabilities) == [one.probabilities, two.probabilities])
        #expect(votes.map(\.member.sha256) == [one.model.sha256, two.model.sha256])
        #expect(votes.map(\.answer.grade) == [one.grade, two.grade])
        #expect(reply.model.name == "all" && reply.model.version == 1 && reply.views == 2 && reply.note == nil)
        // The member's fields lie beside the answer's.
        let answer = await client.post("/v2/models/all/screen", try Self.picture.encodedPNG())
        guard case .array(let list) = answer["votes"], case .object(let vote) = list.first else {
            Issue.record("no votes: \(answer.text)")
            return
        }
        #expect(Set(vote.keys) == ["name", "version", "sha256", "weight", "views", "grade", "probabilities"])
    }

    /// Members of two sizes, one of them with four views: the mean of the maps at the picture's size, then the threshold.
    @Test func segmentationIsTheMeanOfTheMaps() async throws {
        let (models, client) = try await Self.members {
            try $0.segmentation("one", seed: 1, threshold: 0.5)
            try $0.segmentation("two", seed: 2, threshold: 0.35, side: 24)
            try $0.settings("two", "test_time_augmentation: four_views")
        }
        let (width, height) = (Self.picture.width, Self.picture.height)
        func map(_ logits: [Float], side: Int, _ index: Int, x: Int, y: Int) -> Double {
            func place(_ position: Int, _ length: Int) -> (Int, Int, Double) {
                let middle: Double = (Double(position) + 0.5) * Double(side) / Double(length)
                let p: Double = max(middle - 0.5, 0)
                return (min(Int(p), side - 1), min(Int(p) + 1, side - 1), p - Double(Int(p)))
            }
            let ((top, bottom, v), (left, right, u)) = (place(y, height), place(x, width))
            func value(_ row: Int, _ column: Int) -> Double { Double(logits[index * side * side + row * side + column]) }
            let upper: Double = value(top, left) * (1 - u) + value(top, right) * u
            let lower: Double = value(bottom, left) * (1 - u) + value(bottom, right) * u
            let logit: Double = upper * (1 - v) + lower * v
            return 1 / (1 + exp(-logit))
        }
        let one = try models.outputs("one", Self.picture)
        let small = try Self.picture.resized(width: 24, height: 24, filter: .bilinear)
        let two = try TestTimeView.allCases.map { view in
            let logits = try models.outputs("two", small.seen(view))
            var back = logits
            for index in logits.indices {
                let source = view.source(row: index % 576 / 24, column: index % 24, size: 24)
                back[index / 576 * 576 + source.row * 24 + source.column] = logits[index]
            }
            return back
        }
        let threshold: Double = (0.9 * 0.5 + 0.6 * 0.35) / 1.5
        let reply = try await client.ask("all/segment", Self.picture, SegmentReply.self)
        #expect(reply.views == 5 && reply.width == 40 && reply.height == 30)
        let alone = [
            try await client.ask("one/segment", Self.picture, SegmentReply.self),
            try await client.ask("two/segment", Self.picture, SegmentReply.self),
        ]
        for (index, segmented) in reply.classes.enumerated() {
            let mask = try Image.decode(Array(segmented.mask))
            var unclear = 0
            for y in 0..<height {
                for x in 0..<width {
                    let first: Double = map(one, side: 16, index, x: x, y: y)
                    var second = 0.0
                    for view in two { second += map(view, side: 24, index, x: x, y: y) / 4 }
                    let mean: Double = (0.9 * first + 0.6 * second) / 1.5
                    guard abs(mean - threshold) > 1e-5 else {
                        unclear += 1
                        continue
                    }
                    #expect((mask[x: x, y: y].red == 255) == (mean > threshold), "\(x), \(y)")
                }
            }
            #expect(unclear < 5 && segmented.area > 0 && segmented.area < 1200)
            #expect(alone.allSatisfy { $0.classes[index].mask != segmented.mask })
        }
        let votes = try #require(reply.votes)
        #expect(votes.map(\.member.name) == ["one", "two"] && votes.map(\.member.views) == [1, 4])
        for (vote, alone) in zip(votes, alone) {
            for segmented in alone.classes {
                let area: Int = try #require(vote.answer.areas[segmented.name])
                #expect(abs(area - segmented.area) <= 1)
            }
        }
    }

    /// Two indexes of the same pictures, where one lacks an entry: every candidate by the mean of its cosines.
    @Test func retrievalRanksByTheMeanCosine() async throws {
        let (models, client) = try await Self.members {
            try $0.retrieval("one", seed: 1)
            try $0.retrieval("two", seed: 2, length: 12, side: 20)
        }
        var embeddings: [String: [[Float]]] = [:]
        for name in ["one", "two"] {
            var entries: [IndexEntry] = []
            var sha256 = ""
            for number in 0..<14 {
                let reply = try await client.ask("\(name)/embed", testPicture(number), EmbedReply.self)
                sha256 = reply.model.sha256
                embeddings[name, default: []].append(reply.embedding)
                let id = String(UnicodeScalar(UInt8(97 + number)))
                entries.append(
                    IndexEntry(id: id, patient: "p\(number / 2)", labels: UInt64(number % 8), embedding: reply.embedding))
            }
            let model = IndexModel(sha256: sha256, dimension: entries[0].embedding.count)
            let index = try VectorIndex.create(at: "\(models.root)/\(name)/index", for: model)
            _ = try index.add(entries.filter { name == "one" || $0.id != "d" }, from: model)
        }
        func cosine(_ name: String, _ number: Int) throws -> Double {
            let all = try #require(embeddings[name])
            var sum = 0.0
            for (one, other) in zip(all[3], all[number]) { sum += Double(one) * Double(other) }
            return sum
        }
        // The picture of "d", which the second index lacks; its patient is also that of "c".
        let reply = try await client.ask("all/query?k=4&label_none=bleed", testPicture(3), QueryReply.self)
        let members = try #require(reply.members)
        var nearest: [String] = []
        for (name, member) in zip(["one", "two"], members) {
            let listed: [Int] = (0..<14).filter { $0 % 8 < 4 && (name == "one" || $0 != 3) }
            let ordered: [Int] = try listed.sorted { try cosine(name, $0) > cosine(name, $1) }
            let own: [String] = ordered.prefix(4).map { String(UnicodeScalar(UInt8(97 + $0))) }
            #expect(member.answer.nearest == own)
            nearest += own
            let direct = try await client.ask("\(name)/query?k=4&label_none=bleed", testPicture(3), QueryReply.self)
            #expect(member.answer.votes == direct.votes && member.answer.entries == direct.entries)
        }
        let candidates = Set(nearest).subtracting(["d"])
        func meanCosines(_ ids: some Sequence<String>) throws -> [(id: String, cosine: Double)] {
            var ranked: [(id: String, cosine: Double)] = []
            for id in ids {
                let number = Int(try #require(id.utf8.first)) - 97
                let (first, second): (Double, Double) = (try cosine("one", number), try cosine("two", number))
                let mean: Double = (0.9 * first + 0.6 * second) / 1.5
                ranked.append((id, mean))
            }
            return ranked.sorted { $0.cosine > $1.cosine }
        }
        let ranked = try meanCosines(candidates)
        #expect(Set(nearest).count > 4, "the members should differ")
        #expect(reply.neighbours.map(\.id) == ranked.prefix(4).map(\.id))
        for (found, expected) in zip(reply.neighbours, ranked) {
            #expect(abs(found.cosine - expected.cosine) < 1e-6)
            let distance: Double = (2 - 2 * found.cosine).squareRoot()
            #expect(abs(found.distance - distance) < 1e-12)
        }
        #expect(reply.note?.contains("1 found by one member are left out") == true)
        #expect(reply.entries == 13 && reply.k == 4)
        for (label, vote) in reply.votes {
            let said = try members.map { try #require($0.answer.votes[label]) }
            let mean: Double = (0.9 * said[0] + 0.6 * said[1]) / 1.5
            #expect(abs(vote - mean) < 1e-12)
        }
        #expect(reply.votes["bleed"] == 0 && reply.votes.count == 3)
        let excluded = try await client.ask("all/query?k=14&exclude_patient=p1", testPicture(3), QueryReply.self)
        // Every other entry, none of which is a member's order.
        let all = try meanCosines((0..<14).filter { $0 / 2 != 1 }.map { String(UnicodeScalar(UInt8(97 + $0))) })
        #expect(excluded.neighbours.map(\.id) == all.map(\.id) && all.count == 12)
        let orders = try #require(excluded.members).map(\.answer.nearest)
        #expect(!orders.contains(all.map(\.id)) && orders.allSatisfy { $0.count == 12 })
        #expect(excluded.note?.contains("one: 14 neighbours") != true)
        // A member without an index is named.
        try FileManager.default.removeItem(atPath: "\(models.root)/two/index")
        let missing = try await client.refusal("all/query")
        #expect(missing.status == 404 && missing.code == "no_index" && missing.message.contains("index of model two"))
        let embedding = try await client.refusal("all/embed")
        #expect(embedding.status == 400 && embedding.code == "ensemble" && embedding.message.contains("ask a member"))
    }

    @Test func anEnsembleIsListedLikeAModel() async throws {
        let (_, client) = try await Self.members {
            try $0.screening("one", seed: 1)
            try $0.screening("two", seed: 2)
        }
        #expect(await client.get("/v2/health/ready").status == 200)
        #expect(await client.get("/v2/models/all/ready").text == #"{"name":"all","ready":true}"#)
        let metadata = await client.get("/v2/models/all")
        #expect(
            metadata.text
                == #"{"inputs":[],"name":"all","outputs":[],"platform":"ensemble","precision":"float32","versions":["1"]}"#)
        #expect(await client.get("/v2/models/all/versions/1").status == 200)
        #expect(await client.get("/v2/models/all/versions/2").status == 404)
        let index = await client.post("/v2/repository/index", [])
        #expect(index.text.contains(#"{"name":"all","reason":"","state":"READY","version":"1"}"#))
        let list = await client.get("/v2/models")
        let reply = try await client.ask("all/versions/1/screen", Self.picture, ScreenReply.self)
        #expect(list.text.contains(reply.model.sha256) && reply.model.sha256.count == 64)
        let tensors = await client.post("/v2/models/all/infer", Array("{}".utf8))
        #expect(tensors.status == 400 && tensors.header("Error-Code") == "ensemble")
        let task = try await client.refusal("all/segment")
        #expect(task.status == 400 && task.code == "wrong_task" && task.message.contains("is for screening"))
    }

    @Test func theHashIsOfMembersAndWeights() async throws {
        var hashes: Set<String> = []
        for yaml in [Self.both, Self.both.replacing("0.6", with: "0.7"), Self.both] {
            let (_, client) = try await Self.members(yaml) {
                try $0.screening("one", seed: 1)
                try $0.screening("two", seed: 2)
            }
            hashes.insert(try await client.ask("all/screen", Self.picture, ScreenReply.self).model.sha256)
        }
        #expect(hashes.count == 2)
    }

    @Test func membersThatDisagreeAreRefusedByName() async throws {
        func message(_ write: (TinyModels) throws -> Void) async throws -> String {
            let (_, client) = try await Self.members(Self.both, write)
            let refusal = try await client.refusal("all/screen")
            #expect(refusal.status == 503 && refusal.code == "not_ready")
            #expect(await client.get("/v2/health/ready").status == 503)
            #expect(await client.get("/v2/models/all/ready").status == 503)
            return refusal.message
        }
        let task = try await message {
            try $0.screening("one", seed: 1)
            try $0.segmentation("two", seed: 1)
        }
        #expect(task.contains("members one and two do different tasks: screening and segmentation"), "\(task)")
        let order = try await message {
            try $0.segmentation("one", seed: 1)
            try $0.segmentation("two", seed: 1, classes: ["disc", "vessel"])
        }
        #expect(order.contains("members one and two have different classes or another order of them"), "\(order)")
        let labels = try await message {
            try $0.retrieval("one", seed: 1)
            try $0.retrieval("two", seed: 1, labels: ["cyst"])
        }
        #expect(labels.contains("members one and two have different classes"), "\(labels)")
        let referable = try await message {
            try $0.screening("one", seed: 1)
            try $0.screening("two", seed: 1, referableFrom: 2)
        }
        #expect(referable.contains("members one and two call different classes referable"), "\(referable)")
    }

    @Test func membersThatAreNotThereAreNamed() async throws {
        let (_, missing) = try await Self.members { try $0.screening("one", seed: 1) }
        let refusal = try await missing.refusal("all/screen")
        #expect(refusal.status == 503 && refusal.message.contains("1 of 2 members are ready, 2 must be: member two is unknown"))
        let (_, broken) = try await Self.members {
            try $0.screening("one", seed: 1)
            try $0.screening("two", seed: 2)
            try Data([1]).write(to: URL(fileURLWithPath: $0.root + "/two/1/model.onnx"))
        }
        let reason = try await broken.refusal("all/screen")
        #expect(reason.message.contains("member two is not ready: model.onnx"), "\(reason)")
        #expect(try await broken.ask("one/screen", Self.picture, ScreenReply.self).grade >= 0)
        let (_, nested) = try await Self.members("ensemble: {members: [{model: one}, {model: other}]}") {
            try $0.screening("one", seed: 1)
            try $0.screening("two", seed: 2)
            try $0.settings("other", Self.both)
        }
        #expect(try await nested.refusal("all/screen").message.contains("member other is an ensemble"))
        _ = try await nested.ask("other/screen", Self.picture, ScreenReply.self)
        let (_, versions) = try await Self.members {
            try $0.screening("one", seed: 1)
            try $0.screening("two", seed: 2)
            try $0.screening("all", seed: 3)
        }
        #expect(try await versions.refusal("all/screen").message.contains("without versions of a model"))
    }

    @Test func aQuorumAnswersWithoutTheOthersAndSaysSo() async throws {
        let yaml = "ensemble: {members: [{model: one}, {model: gone}, {model: two, weight: 3}], quorum: 2}"
        let (_, client) = try await Self.members(yaml) {
            try $0.screening("one", seed: 1)
            try $0.screening("two", seed: 2)
        }
        let reply = try await client.ask("all/screen", Self.picture, ScreenReply.self)
        #expect(reply.votes?.map(\.member.name) == ["one", "two"] && reply.note == "left out: member gone is unknown")
        let members = try #require(reply.votes).map(\.answer.probabilities)
        #expect(reply.probabilities == (try SoftVote(weights: [1, 3])(members)))
        #expect(await client.post("/v2/repository/index", []).text.contains("left out: member gone is unknown"))
        #expect(await client.get("/v2/health/ready").status == 200)
    }
}
