import Foundation
import Kernels
import TestSupport
import Testing

@testable import Index

/// Against FAISS, numpy, scikit-learn and xxhash.
@Suite struct GoldenTests {
    private struct Golden<Content: Decodable>: Decodable {
        let versions: [String: String]
        let content: Content
    }

    private static func load<Content: Decodable>(_ name: String, from path: String = #filePath) throws -> Content {
        let tests = URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent()
        let file = tests.appendingPathComponent("Golden/index").appendingPathComponent(name)
        return try JSONDecoder().decode(Golden<Content>.self, from: Data(contentsOf: file)).content
    }

    private struct Neighbours: Decodable {
        let name: String
        let count: Int
        let dimension: Int
        let queries: Int
        let k: Int
        let rows: [[Int]]
        let distances: [[Double]]
        let cosines: [[Double]]
    }

    @Test func neighboursAreThoseOfFaiss() throws {
        let cases: [Neighbours] = try Self.load("neighbours.json")
        #expect(cases.count == 3)
        for golden in cases {
            let folder = TemporaryFolder()
            let model = Sample.model(golden.dimension)
            let index = try VectorIndex.create(at: folder.index, for: model)
            let rows = Sample.unitRows("index.\(golden.name).vectors", golden.count, golden.dimension)
            _ = try index.add(Sample.entries(rows), from: model)
            let queries = Sample.unitRows("index.\(golden.name).queries", golden.queries, golden.dimension).map { Query($0) }
            for isBuilt in [false, true] {
                if isBuilt { _ = try index.build() }
                let result = try index.query(queries, count: golden.k, from: model)
                for query in 0..<golden.queries {
                    let found = result.neighbours[query]
                    #expect(found.map(\.id) == golden.rows[query].map { "e\($0)" })
                    let tolerance = Tolerance(absolute: 1e-7, relative: 0)
                    #expect(tolerance.mismatch(found.map(\.distance), golden.distances[query], "distance") == nil)
                    #expect(tolerance.mismatch(found.map(\.cosine), golden.cosines[query], "cosine") == nil)
                }
            }
        }
    }

    private struct Votes: Decodable {
        let name: String
        let classes: Int
        let distances: [[Double]]
        let neighbours: [[Int]]
        let probabilities: [[Double]]
        let labels: [Int]
    }

    @Test func votesAreThoseOfScikitLearn() throws {
        let cases: [Votes] = try Self.load("votes.json")
        #expect(cases.count == 3)
        for golden in cases {
            for query in golden.labels.indices {
                let actual = try #require(
                    NeighbourVote.probabilities(
                        distances: golden.distances[query], classes: golden.neighbours[query], classCount: golden.classes))
                let tolerance = Tolerance(absolute: 1e-12, relative: 0)
                #expect(tolerance.mismatch(actual, golden.probabilities[query], golden.name) == nil)
                #expect(NeighbourVote.label(actual) == golden.labels[query])
            }
        }
    }

    private struct Checksum: Decodable {
        let length: Int
        let xxh64: String
    }

    @Test func checksumsAreThoseOfXXHash() throws {
        let cases: [Checksum] = try Self.load("checksums.json")
        #expect(cases.count == 20)
        let bytes = GoldenGenerator.integers("index.checksum", count: 10_007, bound: 256).map { UInt8($0) }
        for golden in cases {
            let actual = bytes.withUnsafeBytes { xxh64(UnsafeRawBufferPointer(rebasing: $0[..<golden.length])) }
            let digits = String(actual, radix: 16)
            #expect(String(repeating: "0", count: 16 - digits.count) + digits == golden.xxh64, "\(golden.length) bytes")
        }
    }
}
