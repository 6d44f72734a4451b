import Foundation
import Graph
import OnnxFormat
import Runtime
import Testing

/// Models and inputs that are refused: before anything runs, with the reason, and without a trace in memory.
@Suite struct LoadingTests {
    /// A model whose first node looks up rows of a table of 4 MiB, and whose second has weights of 4 MiB to pack.
    private static func writeTable(to directory: URL) throws -> OnnxWriter.Result {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        var graph = Graph()
        let rows = graph.input("rows", TensorType(.int64, [1, 3]))
        let table = graph.constant(Tensor([Float](repeating: 1, count: 1 << 20), shape: [1 << 10, 1 << 10]), name: "table")
        let found = try graph.apply(Gather(axis: 0), table, rows, name: "lookup")
        let weights = graph.constant(Tensor([Float](repeating: 2, count: 1 << 20), shape: [1 << 10, 1 << 10]), name: "weights")
        graph.output("found", try graph.apply(MatMul(), found, weights, name: "product"))
        return try OnnxWriter.write(graph: graph, symbolicBatch: "n", to: directory.path)
    }

    private static func withTable<Result>(_ body: (OnnxWriter.Result) throws -> Result) throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("loading-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        return try body(try Self.writeTable(to: directory))
    }

    private static func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return Int(text.split(separator: " ")[1]).map { $0 * Int(getpagesize()) } ?? 0
    }

    @Test func wrongInputsAreRefusedBeforeAnythingRuns() throws {
        try Self.withTable { written in
            let session = try Session(path: written.modelPath, threads: 1)
            for (inputs, subject, part) in [
                ([:], "rows", "is missing"),
                (["row": Tensor([Int64(0), 0, 0], shape: [1, 3])], "rows", "is missing"),
                (
                    ["rows": Tensor([Int64(0), 0, 0], shape: [1, 3]), "more": Tensor([Int64(0)], shape: [1])], "more",
                    "is no input"
                ),
                (["rows": Tensor([Float(0), 0, 0], shape: [1, 3])], "rows", "float32"),
                (["rows": Tensor([Int64(0), 0, 0], shape: [3])], "rows", "[3] does not fit"),
                (["rows": Tensor([Int64(0), 0, 0, 0], shape: [2, 2])], "rows", "axis 1 is 2, must be 3"),
            ] as [([String: Tensor], String, String)] {
                let error = #expect(throws: RuntimeError.self) { try session.runAndWait(inputs) }
                #expect(error?.code == .input && error?.subject == subject, "\(error?.description ?? "")")
                #expect(error?.message.contains(part) == true, "\(error?.description ?? "")")
                #expect(error?.model == written.modelPath)
            }
            #expect(try session.runAndWait(["rows": Tensor([Int64(0), 1, 2], shape: [1, 3])])["found"] != nil)
        }
    }

    @Test func anErrorNamesModelNodeOperatorAndReason() throws {
        try Self.withTable { written in
            let session = try Session(path: written.modelPath, threads: 1)
            let error = #expect(throws: RuntimeError.self) {
                try session.runAndWait(["rows": Tensor([Int64(0), 1 << 40, 2], shape: [1, 3])])
            }
            for part in [written.modelPath, "lookup", "Gather"] {
                #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
            }
            #expect(error?.message.isEmpty == false)
        }
    }

    /// Threads of this process.
    private static func threadCount() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
    }

    /// Every time 4 MiB or more would stay if anything did, and two threads.
    @Test func whatFailedLeavesNoMemoryBehind() throws {
        try Self.withTable { written in
            let data = try #require(written.dataPath)
            let cut = written.modelPath + ".cut"
            try Data(contentsOf: URL(fileURLWithPath: written.modelPath)).dropLast(40).write(to: URL(fileURLWithPath: cut))
            let bad = ["rows": Tensor([Int64(0), 1 << 40, 2], shape: [1, 3])]
            func fail() {
                #expect(throws: RuntimeError.self) { try Session(path: written.modelPath, threads: 2).runAndWait(bad) }
            }
            for _ in 0..<10 { fail() }
            let before = try Self.residentBytes()
            let threads = try Self.threadCount()
            for _ in 0..<300 { fail() }
            #expect(truncate(data, 4096) == 0)
            for path in [written.modelPath, cut] {
                for _ in 0..<300 { #expect(throws: RuntimeError.self) { try Session(path: path, threads: 2) } }
            }
            #expect(try Self.residentBytes() - before < 600 << 20)
            #expect(try Self.threadCount() - threads < 300)
            let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
            #expect(!maps.contains(data))
        }
    }

    @Test func aPlanBeyondItsBoundIsRefused() throws {
        try Self.withTable { written in
            let session = try Session(path: written.modelPath, threads: 1, limits: OnnxLimits { $0.runBytes = 1 << 10 })
            let error = #expect(throws: RuntimeError.self) {
                try session.runAndWait(["rows": Tensor([Int64(0), 1, 2], shape: [1, 3])])
            }
            #expect(error?.code == .outOfMemory)
        }
    }
}
