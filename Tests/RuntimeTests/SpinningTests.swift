import Foundation
import Testing

/// How long waiting threads spin is set by starting the program once more.
@Suite struct SpinningTests {
    /// What the program says, and the process that was started.
    private static func report(_ environment: [String: String], _ arguments: [String] = []) throws -> (Set<String>, Int32) {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("spin-report")
        var all = ProcessInfo.processInfo.environment
        for name in ["GOMP_SPINCOUNT", "OMP_WAIT_POLICY"] { all[name] = nil }
        process.environment = all.merging(environment) { $1 }
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return (Set(text.split(separator: "\n").map(String.init)), process.processIdentifier)
    }

    @Test func aProgramGoesOnAsItWasStarted() throws {
        let (lines, process) = try Self.report(["DR_TEST": "1"], ["--socket", "a b", ""])
        #expect(
            lines == ["process \(process)", "name spin-report", "count 10000", "argument --socket", "argument a b", "argument "])
    }

    @Test func whatTheUserSetStays() throws {
        #expect(try Self.report(["GOMP_SPINCOUNT": "7"]).0.contains("count 7"))
        #expect(try Self.report(["OMP_WAIT_POLICY": "active"]).0.contains("count none"))
    }
}
