import CKernels
import Foundation
import Graph
import Index
import Kernels
import TestSupport
import Testing

/// Times exact queries of an index, the way `Benchmarks/peers/faiss_bench.py` times FAISS; only where `DR_INDEX_BENCH` is set.
///
/// Settings by environment: DR_INDEX_BENCH (a directory that keeps the index for the next time), COUNT (100000), DIMENSION
/// (1024), K (20), QUERIES ("1 64"), THREADS (2), RUNS (9), LEVEL (4: AVX-512, 3: AVX2, 1).
@Suite(.enabled(if: ProcessInfo.processInfo.environment["DR_INDEX_BENCH"] != nil)) struct SearchBenchmark {
    private static func setting(_ name: String, _ other: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? other
    }

    private static let dimension = setting("DIMENSION", 1024)
    private static let pool = 512

    /// Row i: centre[m(i)] + noise[i], scaled to length 1 by the index.
    private static func rows(_ name: String, _ range: Range<Int>, of count: Int) -> [[Float]] {
        let centres = GoldenGenerator.uniform("bench.centres", shape: [64, self.dimension], scale: 1)
        let members = GoldenGenerator.integers("bench.\(name).members", count: count, bound: 64)
        let noise = GoldenGenerator.uniform("bench.\(name)", shape: [count, self.dimension], scale: 1)
        return centres.withElements(as: Float.self) { centres in
            noise.withElements(as: Float.self) { noise in
                range.map { row in
                    Sample.unit(
                        (0..<self.dimension).map {
                            centres[members[row] * self.dimension + $0] + noise[row * self.dimension + $0]
                        })
                }
            }
        }
    }

    private static func open(_ path: String, count: Int, model: IndexModel) throws -> VectorIndex {
        if let index = try? VectorIndex(opening: path), try index.report().snapshot == .current, try index.count() == count {
            return index
        }
        try? FileManager.default.removeItem(atPath: path)
        let index = try VectorIndex.create(at: path, for: model)
        let rows = self.rows("vectors", 0..<count, of: count)
        let start = Date()
        for first in stride(from: 0, to: count, by: 1000) {
            let batch = rows[first..<min(first + 1000, count)]
            _ = try index.add(Sample.entries(Array(batch), from: first), from: model)
        }
        let added = Date()
        _ = try index.build()
        print("{\"added_s\": \(added.timeIntervalSince(start)), \"built_s\": \(Date().timeIntervalSince(added))}")
        return index
    }

    @Test func queries() throws {
        let environment = ProcessInfo.processInfo.environment
        let count = Self.setting("COUNT", 100_000)
        let threads = Self.setting("THREADS", 2)
        let level = Self.setting("LEVEL", 4)
        let neighbours = Self.setting("K", 20)
        let runs = Self.setting("RUNS", 9)
        setThreadCount(threads)
        ck_limit_cpu_level(Int32(level))
        defer { ck_limit_cpu_level(4) }
        let model = Sample.model(Self.dimension)
        let folder = try #require(environment["DR_INDEX_BENCH"])
        let index = try Self.open("\(folder)/bench-\(count)x\(Self.dimension)", count: count, model: model)
        let queries = Self.rows("queries", 0..<Self.pool, of: Self.pool).map { Query($0) }
        for size in (environment["QUERIES"] ?? "1 64").split(separator: " ").compactMap({ Int($0) }) {
            var times: [Double] = []
            var first: [String] = []
            for run in 0..<runs + 2 {
                let start = run * size % (Self.pool - size + 1)
                let clock = ContinuousClock()
                let began = clock.now
                let result = try index.query(Array(queries[start..<start + size]), count: neighbours, from: model)
                times.append((clock.now - began) / .milliseconds(1))
                first = result.neighbours[0].prefix(3).map { String($0.id.dropFirst()) }
            }
            times = times[2...].sorted()
            print(
                """
                {"tool": "dr", "queries": \(size), "threads": \(threads), "level": \(ck_cpu_level()), "count": \(count), \
                "dimension": \(Self.dimension), "k": \(neighbours), "runs": \(runs), "p50_ms": \(times[runs / 2]), \
                "min_ms": \(times[0]), "first": [\(first.joined(separator: ", "))]}
                """)
        }
    }
}
