import Checkpoints
import Foundation
import Graph
import Testing

struct RunDirectoryTests {
    struct State: Codable, Equatable, Sendable {
        var epoch: Int
        var best: Double?
    }

    static let manifest = RunManifest(tool: "dr-train", toolVersion: "1.0", seed: .max)

    static func checkpoint(_ epoch: Int) -> Checkpoint<State> {
        Checkpoint(
            weights: ["w": Tensor([Float](repeating: Float(epoch), count: 300), shape: [300])],
            optimizer: ["w.m": Tensor([Float(epoch) / 2], shape: [1])], state: State(epoch: epoch, best: 0.5))
    }

    /// The epoch of a checkpoint whose parts agree; nil when they do not.
    static func epoch(_ run: RunDirectory, _ name: CheckpointName) throws -> Int? {
        let loaded = try run.load(name, state: State.self)
        let epoch = loaded.state.epoch
        let weights = loaded.weights["w"]?.array(of: Float.self)
        guard weights == [Float](repeating: Float(epoch), count: 300),
            loaded.optimizer["w.m"]?.array(of: Float.self) == [Float(epoch) / 2]
        else { return nil }
        return epoch
    }

    static func run(in directory: TemporaryDirectory) throws -> RunDirectory {
        try RunDirectory.create(at: "\(directory.path)/run", config: "seed: 1\n", manifest: Self.manifest)
    }

    @Test func keepsConfigAndManifest() throws {
        let directory = try TemporaryDirectory()
        _ = try Self.run(in: directory)
        let run = try RunDirectory.open(at: "\(directory.path)/run", forWriting: false)
        #expect(run.config == "seed: 1\n")
        #expect(run.manifest.seed == .max)
        #expect(run.manifest.files["config.yaml"]?.byteCount == 8)
        #expect(checkpointError { _ = try Self.run(in: directory) }?.message.contains("a run exists here") == true)
        _ = try directory.write(Array("seed: 2\n".utf8), "run/config.yaml")
        let error = checkpointError { _ = try RunDirectory.open(at: "\(directory.path)/run", forWriting: false) }
        #expect(error?.code == .corrupted)
        #expect(error?.subject.hasSuffix("config.yaml") == true)
    }

    @Test func refusesConfigThatIsNotYAML() throws {
        let directory = try TemporaryDirectory()
        let error = checkpointError {
            _ = try RunDirectory.create(at: "\(directory.path)/run", config: "a: [1", manifest: Self.manifest)
        }
        #expect(error?.code == .malformed)
        #expect(directory.names == [])
    }

    @Test func oneProcessWrites() throws {
        let directory = try TemporaryDirectory()
        let run = try Self.run(in: directory)
        let error = checkpointError { _ = try RunDirectory.open(at: run.path, forWriting: true) }
        #expect(error?.code == .locked)
        try withExtendedLifetime(run) { _ = try RunDirectory.open(at: run.path, forWriting: false) }
    }

    @Test func savesLinksListsAndRetains() throws {
        let directory = try TemporaryDirectory()
        let run = try Self.run(in: directory)
        for epoch in 1...7 {
            try run.save(Self.checkpoint(epoch), as: .last)
            try run.link(.last, as: .epoch(epoch))
            if epoch == 3 { try run.link(.last, as: .best) }
        }
        #expect(try Self.epoch(run, .best) == 3)
        #expect(try Self.epoch(run, .last) == 7)
        #expect(try run.retain(RetentionPolicy(every: 3, keepLast: 2)) == [.epoch(1), .epoch(2), .epoch(4), .epoch(5)])
        #expect(try run.checkpoints() == [.best, .last, .epoch(3), .epoch(6), .epoch(7)])
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(run.path)/checkpoints").count == 5)
        #expect(try run.load(.best, state: State.self, withOptimizer: false).optimizer.isEmpty)
        #expect(RetentionPolicy(keepLast: 0).removed(from: [2, 1]) == [1, 2])
        #expect(RetentionPolicy(keepLast: 5).removed(from: [2, 1]) == [])
    }

    static let steps = [
        "create", "write weights.safetensors", "write optimizer.safetensors", "write state.json", "write manifest.json",
        "synchronise",
        "swap", "put new in place", "synchronise parent", "remove old",
    ]

    /// The process dies before each step in turn; whoever opens the run afterwards finds the old or the new checkpoint.
    @Test(arguments: steps, [true, false]) func deathAtAnyStepLeavesACheckpoint(_ fatal: String, exchange: Bool) throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/run"
        var died = false
        do {
            let run = try Self.run(in: directory)
            try run.save(Self.checkpoint(1), as: .last)
            let error = checkpointError {
                try run.save(Self.checkpoint(2), as: .last, exchange: exchange) { (step) throws(CheckpointError) in
                    if step == fatal { throw CheckpointError(.interrupted, step, "killed") }
                }
            }
            died = error?.code == .interrupted
        }
        #expect(died || (exchange && fatal == "put new in place"))
        let isOld = Self.steps.prefix { $0 != "synchronise parent" }.contains(fatal) && died
        let reader = try RunDirectory.open(at: path, forWriting: false)
        #expect(try reader.checkpoints() == [.last])
        #expect(try Self.epoch(reader, .last) == (isOld ? 1 : 2))
        let writer = try RunDirectory.open(at: path, forWriting: true)
        #expect(try Self.epoch(writer, .last) == (isOld ? 1 : 2))
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(path)/checkpoints") == ["last"])
        try writer.save(Self.checkpoint(3), as: .last, exchange: exchange)
        #expect(try Self.epoch(writer, .last) == 3)
    }

    @Test(arguments: ["weights.safetensors", "optimizer.safetensors", "state.json", "manifest.json"])
    func damagedFilesAreRefused(_ file: String) throws {
        let directory = try TemporaryDirectory()
        let run = try Self.run(in: directory)
        try run.save(Self.checkpoint(1), as: .best)
        try run.save(Self.checkpoint(2), as: .last)
        let name = "run/checkpoints/last/\(file)"
        let whole = try AtomicFile.read("\(directory.path)/\(name)")
        let middle = whole.count / 2
        var flipped = whole
        flipped[middle] ^= 1
        for damaged in [Array(whole.dropLast()), Array(whole.prefix(middle)), [], whole + [0], flipped] {
            _ = try directory.write(damaged, name)
            let error = checkpointError { _ = try Self.epoch(run, .last) }
            // A manifest with a byte more or fewer at its end may still say the same.
            if error == nil && file == "manifest.json" && abs(damaged.count - whole.count) == 1 { continue }
            #expect(
                error?.message.contains("damaged") == true, "\(damaged.count) of \(whole.count): \(String(describing: error))")
            #expect(error?.message.contains("use another checkpoint: best") == true)
            #expect(error?.description.contains("last/\(file)") == true || file == "manifest.json")
        }
        try FileManager.default.removeItem(atPath: "\(directory.path)/\(name)")
        #expect(checkpointError { _ = try Self.epoch(run, .last) }?.message.contains("use another checkpoint: best") == true)
        #expect(try Self.epoch(run, .best) == 1)
    }

    @Test func saysWhichCheckpointsExist() throws {
        let directory = try TemporaryDirectory()
        let run = try Self.run(in: directory)
        let error = checkpointError { _ = try Self.epoch(run, .interrupted) }
        #expect(error?.code == .notFound)
        #expect(CheckpointName("epoch_007") == nil)
        #expect(CheckpointName("epoch_7") == .epoch(7))
    }
}
