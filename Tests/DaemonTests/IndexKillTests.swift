import Daemon
import Foundation
import Index
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// `kill -9` at any moment of `dr index add` loses nothing that it has acknowledged.
@Suite(.serialized) struct IndexKillTests {
    private static let pictures = 3000

    /// The program; it lies beside the one that tests.
    private static func start(_ arguments: [String]) throws -> (Process, Pipe) {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("dr")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        return (process, output)
    }

    private static func id(_ number: Int) -> String { "picture-\(10_000 + number)" }

    @Test func fiftyKillsLoseNothing() async throws {
        let place = try IndexPlace()
        let retrieval = StubRetrieval()
        let stub = try await StubDaemon(in: place.directory) { retrieval.answer($0) }
        for number in 0..<Self.pictures { try place.write("pictures/\(Self.id(number)).png", "\(number)") }
        var csv = "id_code,diagnosis,patient_id\n"
        for number in 0..<Self.pictures { csv += "\(Self.id(number)),\(number % 3),p\(number / 2)\n" }
        try place.write("labels.csv", csv)
        var acknowledged = 0
        var random = SystemRandomNumberGenerator()
        var (kills, unacknowledged, finished) = (0, 0, 0)
        while kills < 50 {
            let exists = FileManager.default.fileExists(atPath: place.index)
            let (process, output) = try Self.start([
                "index", exists && kills % 2 == 0 ? "add" : "build", place.index, place.folder, "--socket", stub.socket,
                "--labels", place.directory.path + "/labels.csv", "--batch", "7",
            ])
            let delay = Double.random(in: 0.03...0.3, using: &random)
            try await Task.sleep(for: .seconds(delay))
            kill(process.processIdentifier, SIGKILL)
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            let wasKilled = process.terminationReason == .uncaughtSignal
            // Once all pictures are in, the program ends by itself: then it begins anew.
            #expect(wasKilled || process.terminationStatus == 0 || !exists, "\(text)")
            kills += 1
            for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                guard line.hasPrefix("committed "), let word = line.split(separator: " ").last else { continue }
                let number = try #require(Int(word.dropFirst("picture-".count))) - 10_000
                acknowledged = max(acknowledged, number + 1)
            }
            guard let index = try? VectorIndex(opening: place.index) else {
                #expect(acknowledged == 0, "the index cannot be opened after \(acknowledged) acknowledged pictures")
                continue
            }
            let report = try index.verify()
            #expect(report.entries >= acknowledged)
            for number in 0..<acknowledged {
                let entry = try #require(try index.entry(id: Self.id(number)), "picture \(number) is lost")
                #expect(entry.embedding == retrieval.unit(Array("\(number)".utf8)))
                #expect(entry.labels == 1 << UInt64(number % 3) && entry.patient == "p\(number / 2)")
            }
            unacknowledged += report.entries > acknowledged ? 1 : 0
            acknowledged = report.entries
            if !wasKilled {
                finished += 1
                try FileManager.default.removeItem(atPath: place.index)
                acknowledged = 0
            }
        }
        let last = try Self.start([
            "index", "build", place.index, place.folder, "--socket", stub.socket, "--labels",
            place.directory.path + "/labels.csv",
        ])
        _ = last.1.fileHandleForReading.readDataToEndOfFile()
        last.0.waitUntilExit()
        #expect(last.0.terminationStatus == 0)
        #expect(try VectorIndex(opening: place.index).verify().entries == Self.pictures)
        print("kills: 50, ended by themselves: \(finished), kept though not acknowledged: \(unacknowledged)")
        #expect(finished < 40, "the program was too fast to be killed")
        await stub.stop()
    }
}
