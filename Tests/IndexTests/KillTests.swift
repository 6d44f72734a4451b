import Foundation
import Graph
import Index
import TestSupport
import Testing

/// `kill -9` at any moment of adding, removing and building loses nothing that was acknowledged.
@Suite(.serialized) struct KillTests {
    private static let dimension = 96
    private static let size = 20

    private static func id(_ number: Int) -> String { "entry-\(number)" }

    /// What the program adds, as the index keeps it.
    private static func embedding(_ number: Int) -> [Float] {
        let tensor = GoldenGenerator.uniform("index-writer.\(number)", shape: [Self.dimension], scale: 1)
        return Sample.unit(tensor.withElements(as: Float.self) { Array($0) })
    }

    /// The program that writes; it lies beside the program that tests.
    private static func start(_ index: String, first: Int, batches: Int, limit: Int? = nil) throws -> (Process, Pipe) {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("index-writer")
        process.arguments = [index] + ([Self.dimension, first, Self.size, batches] + (limit.map { [$0] } ?? [])).map(String.init)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        return (process, output)
    }

    /// Whole lines that a process wrote until its end.
    private static func lines(_ output: Pipe) -> [String] {
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    @Test func fiftyKillsLoseNothing() throws {
        let folder = TemporaryFolder()
        var next = 0
        var removed: Set<String> = []
        var random = SystemRandomNumberGenerator()
        var kills = 0
        var cutOff = 0
        while kills < 50 {
            let (process, output) = try Self.start(folder.index, first: next, batches: 1_000_000)
            Thread.sleep(forTimeInterval: Double.random(in: 0.01...0.15, using: &random))
            kill(process.processIdentifier, SIGKILL)
            let lines = Self.lines(output)
            process.waitUntilExit()
            try #require(process.terminationReason == .uncaughtSignal, "the writer ended by itself: \(lines.last ?? "no output")")
            kills += 1
            for line in lines {
                let words = line.split(separator: " ")
                if words[0] == "added" { next = try #require(Int(words[1])) + 1 }
                if words[0] == "removed" { removed.insert(String(words[1])) }
            }
            guard let index = try? VectorIndex(opening: folder.index) else {
                #expect(next == 0, "the index cannot be opened after \(next) acknowledged batches")
                continue
            }
            cutOff += try Self.check(index, acknowledged: next, removed: &removed)
        }
        print("kills: 50, batches acknowledged: \(next), kept though not acknowledged: \(cutOff)")
        #expect(next > 50, "the writer was killed before it did anything")
    }

    /// Verifies an index that `batches` whole batches were added to; the next one may be there, whole. Returns 1 when it is.
    private static func check(_ index: VectorIndex, acknowledged batches: Int, removed: inout Set<String>) throws -> Int {
        let report = try index.verify()
        let extra = try (0..<Self.size).count { try index.entry(id: Self.id(batches * Self.size + $0)) != nil }
        #expect(extra == 0 || extra == Self.size, "\(extra) entries of a batch of \(Self.size)")
        // A removal may have happened without its line.
        if batches > 0, batches % 4 == 0 {
            let last = Self.id((batches - 2) * Self.size)
            if try index.entry(id: last) == nil { removed.insert(last) }
        }
        #expect(report.entries == batches * Self.size + extra - removed.count)
        for number in 0..<batches * Self.size {
            let kept = try index.entry(id: Self.id(number))
            if removed.contains(Self.id(number)) {
                #expect(kept == nil, "entry \(number) is back")
            } else {
                let kept = try #require(kept, "entry \(number) is lost")
                #expect(kept.embedding == Self.embedding(number), "entry \(number)")
                #expect(kept.labels == UInt64(number) && kept.patient == "p\(number / 2)", "entry \(number)")
            }
        }
        guard report.entries > 0 else { return 0 }
        let model = Sample.model(Self.dimension)
        let last = (batches > 0 ? batches : 1) * Self.size - 1
        let found = try index.query([Query(Self.embedding(last))], count: 1, from: model).neighbours[0][0]
        #expect(found.id == Self.id(last) && found.distance == 0)
        return extra > 0 ? 1 : 0
    }

    /// A disk that is full, played by a limit on the size of files.
    @Test func aFullDiskIsSaidAndHarmsNothing() throws {
        let folder = TemporaryFolder()
        for (limit, isFirst) in [(3_000_000, true), (6_000_000, false)] {
            let (process, output) = try Self.start(folder.index, first: 0, batches: 1_000_000, limit: limit)
            let lines = Self.lines(output)
            process.waitUntilExit()
            #expect(process.terminationReason == .exit && process.terminationStatus == 1)
            let last = try #require(lines.last)
            #expect(["error noSpace", "error cannotWrite"].contains(last), "\(last)")
            let batches = lines.count { $0.hasPrefix("added") }
            #expect(batches > 2 || !isFirst)
            let index = try VectorIndex(opening: folder.index)
            let report = try index.verify()
            #expect(report.entries >= batches * Self.size - batches / 4)
        }
    }
}
