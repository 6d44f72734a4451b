import Checkpoints
import Foundation
import Graph
import Metrics
import OnnxFormat
import Pipelines
package import Runtime

/// How a measurement is made.
package struct Benchmark: Sendable {
    package var threads: Int
    package var precision = SessionOptions.Precision.float32
    package var warmup = 10
    package var runs = 100
    /// Warm-up and timed runs end here even when they are fewer; at least one of each is made.
    package var secondsLimit = 60.0
    /// Where one more run's nodes go as a Chrome trace; `report` then hears of the slowest.
    package var trace: String?
    package var report: @Sendable (String) -> Void = { _ in }
    private static let slowestNodes = 15

    package init(threads: Int) {
        self.threads = threads
    }

    /// Loads a model file and times single-picture runs.
    package func measure(_ path: String) throws(ExportError) -> BenchmarkResult {
        do {
            let clock = ContinuousClock()
            let start = clock.now
            let session = try Session(
                path: path, options: SessionOptions(threads: self.threads, precision: self.precision))
            let load = milliseconds(clock.now - start)
            let inputs = try Self.inputs(session.model)
            let beforeFirst = clock.now
            _ = try session.runAndWait(inputs)
            let first = milliseconds(clock.now - beforeFirst)
            let begun = clock.now
            func isLate(_ share: Double) -> Bool { milliseconds(clock.now - begun) > share * self.secondsLimit * 1e3 }
            for _ in 1..<max(self.warmup, 2) where !isLate(0.2) { _ = try session.runAndWait(inputs) }
            var times: [Double] = []
            repeat {
                let start = clock.now
                _ = try session.runAndWait(inputs)
                times.append(milliseconds(clock.now - start))
            } while times.count < self.runs && !isLate(1)
            let mean = times.reduce(0, +) / Double(times.count)
            func share(_ share: Double) -> Double { percentile(times, share: share) ?? mean }
            let peak = peakMemory()
            let report = try session.report(inputs)
            if let trace = self.trace {
                try AtomicFile.write(Array(report.chromeTrace.utf8), to: trace)
                self.report(report.slowestNodes(Self.slowestNodes) + "wrote \(trace)")
            }
            return BenchmarkResult(
                model: URL(fileURLWithPath: path).lastPathComponent, precision: session.precision.rawValue,
                threads: self.threads, batch: 1, runs: times.count,
                p50Ms: share(0.5), p90Ms: share(0.9), p99Ms: share(0.99), meanMs: mean, minMs: times.min() ?? mean,
                imagesPerSecond: 1000 / mean, loadMs: load, firstRunMs: first, peakMemoryBytes: peak,
                weightBytes: report.weightByteCount, packedBytes: report.packedByteCount, arenaBytes: report.arenaByteCount)
        } catch {
            throw ExportError(error)
        }
    }

    /// A tensor for every input; free sizes are 1.
    private static func inputs(_ model: OnnxModel) throws(ExportError) -> [String: Tensor] {
        var inputs: [String: Tensor] = [:]
        for port in model.inputs {
            guard let dimensions = port.dimensions, port.dataType == .float32 else {
                throw ExportError(.option, port.name, "only float32 inputs of known rank can be measured, this is \(port)")
            }
            let shape = dimensions.map { dimension in
                if case .fixed(let size) = dimension { size } else { 1 }
            }
            inputs[port.name] = SeededInput(seed: 1, shape: shape, low: -1, high: 1).tensor()
        }
        return inputs
    }
}

/// The largest resident memory of this process so far in bytes; 0 where the system does not say.
private func peakMemory() -> Int {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line.flatMap { $0.split(whereSeparator: { !$0.isNumber }).first }.flatMap { Int($0) }.map { $0 * 1024 } ?? 0
}
