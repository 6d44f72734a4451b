import Daemon
import Foundation
import Imaging
import Pipelines
import Testing

/// The client and the daemon together: an index that `dr index` makes of the daemon's embeddings is the one that `dr query` asks.
@Suite struct IndexAndQueryTests {
    @Test(arguments: [TestTimeAugmentation.none, .fourViews])
    func whatIsAddedIsFound(_ augmentation: TestTimeAugmentation) async throws {
        let (models, directory) = (try TinyModels(), try TemporaryDirectory())
        try models.retrieval("like", seed: 4)
        try models.settings("like", "test_time_augmentation: \(augmentation.rawValue)")
        let folder = directory.path + "/pictures"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var rows = ["id_code,diagnosis,patient_id"]
        for number in 0..<6 {
            let picture = URL(fileURLWithPath: "\(folder)/é \(number).png")
            try Data(testPicture(number, width: 16, height: 16).encodedPNG()).write(to: picture)
            rows.append("é \(number),\(number % 3),\"p,\(number / 2)\"")
        }
        let labels = directory.path + "/labels.csv"
        try Data(rows.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: labels))
        let daemon = try await RunningDaemon(models: models.root, in: directory)
        var index = IndexOptions(index: "\(models.root)/like/index", folder: folder, socket: daemon.socket)
        (index.labels, index.creates, index.batch) = (labels, true, 2)
        let outcome = try await IndexJob(index) { _ in }.run()
        #expect(outcome.added == 6 && outcome.exitCode == 0)

        var query = QueryOptions(pictures: ["\(folder)/é 3.png"], socket: daemon.socket)
        query.format = .json
        query.output = directory.path + "/answer.json"
        func answer() async throws -> QueryReply {
            #expect(await runQuery(query) == 0)
            let data = try Data(contentsOf: URL(fileURLWithPath: directory.path + "/answer.json"))
            return try JSONDecoder().decode(QueryReply.self, from: data)
        }
        let all = try await answer()
        #expect(all.neighbours.count == 6 && all.entries == 6 && all.views == augmentation.views.count)
        #expect(all.neighbours[0].id == "é 3" && all.neighbours[0].distance == 0 && all.neighbours[0].labels == ["cyst"])
        #expect(all.votes == ["cyst": 1, "scar": 0, "bleed": 0])
        #expect(all.note?.contains("10 neighbours were asked for") == true)
        (query.count, query.excludesSelf) = (5, true)
        #expect(try await answer().neighbours.map(\.id) == all.neighbours.dropFirst().map(\.id))
        query.excludedPatient = "p,1"
        #expect(try await answer().neighbours.allSatisfy { $0.patient != "p,1" })
        query.anyLabel = ["bleed", "scar"]
        #expect(try await answer().neighbours.allSatisfy { $0.labels != ["cyst"] })
        query.noLabel = ["wart"]
        #expect(await runQuery(query) == 3)
        await daemon.stop()
    }
}
