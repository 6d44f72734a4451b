package import Foundation
import Pipelines

/// Speed and memory of a model file; `benchmark.json` of a package. Times in milliseconds.
package struct BenchmarkResult: Sendable, Codable, Hashable {
    package static let fileName = "benchmark.json"

    package var tool = "dr \(DrVersion.current)"
    package var model: String
    /// What was computed with: float32 where the CPU cannot do what was asked for.
    package var precision: String
    package var threads: Int
    package var batch: Int
    package var runs: Int
    package var p50Ms: Double
    package var p90Ms: Double
    package var p99Ms: Double
    package var meanMs: Double
    package var minMs: Double
    package var imagesPerSecond: Double
    /// From nothing to a mapped and checked model.
    package var loadMs: Double
    /// The first run, which plans and packs weights.
    package var firstRunMs: Double
    /// Largest resident memory of the process that measured (VmHWM).
    package var peakMemoryBytes: Int
    /// Of the weights in the file, of those that were rearranged in memory, and of intermediate values.
    package var weightBytes: Int
    package var packedBytes: Int
    package var arenaBytes: Int

    /// One line for people.
    package var summary: String {
        let numbers = [self.p50Ms, self.p90Ms, self.p99Ms].map { String(format: "%.2f", $0) }
        let rate = String(format: "%.1f", self.imagesPerSecond)
        let bytes = [self.peakMemoryBytes, self.weightBytes, self.packedBytes, self.arenaBytes].map { $0 >> 20 }
        let starts = [self.loadMs, self.firstRunMs].map { String(format: "%.0f", $0) }
        return """
            p50 \(numbers[0]) ms, p90 \(numbers[1]) ms, p99 \(numbers[2]) ms, \(rate) images/s, load \(starts[0]) ms, \
            first run \(starts[1]) ms, peak memory \(bytes[0]) MiB (weights \(bytes[1]), packed \(bytes[2]), arena \(bytes[3])); \
            \(self.precision), \(self.threads) threads, \(self.runs) runs
            """
    }

    /// One line of JSON.
    package func line() throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

extension BenchmarkResult {
    /// Reads what `line` wrote.
    package init(line: Data) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(BenchmarkResult.self, from: line)
    }
}
