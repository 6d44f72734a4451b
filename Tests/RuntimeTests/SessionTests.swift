import Foundation
import Graph
import Kernels
import OnnxFormat
import Runtime
import Testing

/// Streams, reports and the number of cores.
@Suite struct SessionTests {
    private static func model(_ directory: URL) throws -> String {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [1, 3, 16, 16]))
        let w = Tensor((0..<216).map { Float($0 % 11) / 10 - 0.5 }, shape: [8, 3, 3, 3])
        let y = try graph.apply(Conv(window: Window(padding: 1)), x, graph.constant(w, name: "w"), name: "first")
        graph.output("y", try graph.apply(Relu(), y, name: "second"))
        return try OnnxWriter.write(graph: graph, symbolicBatch: "n", to: directory.path).modelPath
    }

    private static func withModel(_ body: (String) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(try self.model(directory))
    }

    private static func picture(_ seed: Int) -> Tensor {
        Tensor((0..<768).map { Float(($0 * 37 + seed * 101) % 255) / 255 }, shape: [1, 3, 16, 16])
    }

    @Test func streamsGiveTheSameAnswers() async throws {
        try await Self.withModel { path in
            let one = try Session(path: path, threads: 1)
            let two = try Session(path: path, options: SessionOptions(threads: 1, streams: 2, pinsThreads: true))
            let answers = try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
                for seed in 0..<12 {
                    group.addTask {
                        let outputs = try await two.run(["x": Self.picture(seed)])
                        return (seed, outputs["y"]?.array(of: Float.self) ?? [])
                    }
                }
                var answers: [Int: [Float]] = [:]
                for try await (seed, answer) in group { answers[seed] = answer }
                return answers
            }
            for seed in 0..<12 {
                let expected = try await one.run(["x": Self.picture(seed)])["y"]?.array(of: Float.self)
                #expect(answers[seed] == expected && expected?.isEmpty == false)
            }
        }
    }

    @Test func aReportNamesEveryNode() async throws {
        try await Self.withModel { path in
            let session = try Session(path: path, threads: 1)
            let report = try session.report(["x": Self.picture(1)])
            #expect(report.weightByteCount == 864)
            #expect(report.arenaByteCount >= 2 * 768 * 4)
            #expect(report.nodes.contains { $0.operation == "FusedConv" })
            #expect(report.nodes.allSatisfy { $0.seconds >= 0 && $0.start >= 0 } && report.seconds > 0)
            #expect(report.operations.reduce(0) { $0 + $1.count } == report.nodes.count)
            let trace = try JSONSerialization.jsonObject(with: Data(report.chromeTrace.utf8)) as? [String: Any]
            #expect((trace?["traceEvents"] as? [[String: Any]])?.count == report.nodes.count)
            let slowest = try #require(report.nodes.max { $0.seconds < $1.seconds })
            let lines = report.slowestNodes(1).split(separator: "\n")
            #expect(lines.count == 2 && lines[0].hasPrefix(slowest.name) && lines[0].contains("\(slowest.operation)/"))
            #expect(lines[1].hasSuffix("in \(report.nodes.count) nodes; weights 0 MiB, packed 0 MiB, arena 0 MiB"))
            #expect(report.operationTable.split(separator: "\n").count == report.operations.count + 1)
        }
    }

    @Test func aContainersShareOfTheCoresIsRoundedUp() {
        #expect(Cores.quota(in: "max 100000\n") == nil)
        #expect(Cores.quota(in: "100000 100000\n") == 1)
        #expect(Cores.quota(in: "150000 100000") == 2)
        #expect(Cores.quota(in: "5000 100000") == 1)
        #expect(Cores.quota(in: "") == nil && Cores.quota(in: "x y") == nil)
        #expect(Cores.quota(in: "-1 100000") == nil && Cores.quota(in: "100000\n 100000\n") == 1)
        let folders = Cores.groupFolders(in: "9:memory:/m\n4:cpu,cpuacct:/drd\n0::/system.slice/drd.service\nx\n")
        #expect(
            folders == [
                "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu/drd", "/sys/fs/cgroup", "/sys/fs/cgroup/system.slice",
                "/sys/fs/cgroup/system.slice/drd.service",
            ])
        #expect(Cores.groupFolders(in: "0::/\n") == ["/sys/fs/cgroup"] && Cores.groupFolders(in: "").isEmpty)
        #expect(Cores.count >= 1 && Cores.count <= Cores.allowed.count)
    }

    @Test func streamsShareThreads() {
        #expect(SessionOptions(sharing: 4, streams: 2) == SessionOptions(threads: 2, streams: 2))
        #expect(SessionOptions(sharing: 5, streams: 2) == SessionOptions(threads: 2, streams: 2))
        // A container with one CPU.
        #expect(SessionOptions(sharing: 1, streams: 4, pinsThreads: true) == SessionOptions(threads: 1, pinsThreads: true))
        #expect(SessionOptions(sharing: nil).threads == Cores.count)
        #expect(SessionOptions(sharing: nil, streams: 1000).streams == Cores.count)
    }

    @Test func aThreadThatCannotBeStartedIsAnError() throws {
        // More stack than there are addresses.
        let error = #expect(throws: RuntimeError.self) { try ComputeThread(threads: 1, stackByteCount: 1 << 60) }
        #expect(error?.code == .outOfMemory && error?.subject == "compute thread")
        #expect(try ComputeThread(threads: 1).runAndWait { 7 } == 7)
    }

    @Test func packsOfForgottenWeightsAreNotFound() throws {
        let packs = PackStore()
        func pack(_ value: UInt8) throws -> [UInt8] {
            let weight = Tensor(zeros: TensorType(.uint8, [64]))
            weight.storage.bytes[0] = value
            let result = try packs.pack(weight, as: "test") { Tensor([Int64(value)], shape: []) }
            return withExtendedLifetime(weight) { [UInt8(result.array(of: Int64.self)[0])] }
        }
        // The same memory is given out again and again; what was packed from it before must not come back.
        for value in 0..<50 { #expect(try pack(UInt8(value)) == [UInt8(value)]) }
        #expect(packs.byteCount == 0)
    }
}
