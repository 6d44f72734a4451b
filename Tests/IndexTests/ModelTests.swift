import Foundation
import Kernels
import TestSupport
import Testing

@testable import Index

/// Random changes beside a list that does the same: after each, queries, counts and `verify` agree.
@Suite struct ModelTests {
    private static let dimension = 20
    private static let model = Sample.model(dimension)

    @Test(arguments: [UInt64](1...6)) func anIndexIsAList(_ seed: UInt64) throws {
        let folder = TemporaryFolder()
        var random = SeededRandom(seed: seed)
        var index = try VectorIndex.create(at: folder.index, for: Self.model)
        let other = try VectorIndex(opening: folder.index)
        var list: [IndexEntry] = []
        var next = 0
        for step in 0..<60 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let size = Int.random(in: 1...40, using: &random)
                let batch = (0..<size).map { offset in Self.entry(next + offset, &random) }
                next += size
                #expect(try index.add(batch, from: Self.model).added == size)
                list += batch
            case 5..<8:
                let gone = list.filter { _ in Int.random(in: 0..<8, using: &random) == 0 }.map(\.id)
                #expect(try index.remove(ids: gone + ["nobody"]) == gone.count)
                list.removeAll { gone.contains($0.id) }
            case 8:
                #expect(try index.build().entries == list.count)
            default:
                index = try VectorIndex(opening: folder.index)
            }
            guard !list.isEmpty else { continue }
            for handle in [index, other] { try Self.compare(handle, list, &random, "step \(step) of seed \(seed)") }
            if step % 10 == 9 {
                let report = try index.verify()
                #expect(report.entries == list.count)
                #expect(try other.report() == report)
            }
        }
    }

    /// Few directions, so that distances are often equal.
    private static func entry(_ number: Int, _ random: inout SeededRandom) -> IndexEntry {
        var row = [Float](repeating: 0, count: Self.dimension)
        for _ in 0..<2 { row[Int.random(in: 0..<4, using: &random)] += 1 }
        row[19] = Float.random(in: 0...1, using: &random) < 0.5 ? 0.25 : 0
        return IndexEntry(
            id: "e\(number)", patient: number % 5 == 0 ? nil : "p\(number / 4)", labels: UInt64.random(in: 0..<8, using: &random),
            embedding: row)
    }

    private static func compare(_ index: VectorIndex, _ list: [IndexEntry], _ random: inout SeededRandom, _ what: String) throws {
        let kept = list.map { Sample.unit($0.embedding) }
        let queries = (0..<3).map { _ in
            let entry = list[Int.random(in: 0..<list.count, using: &random)]
            return Query(
                entry.embedding, excludedID: Bool.random(using: &random) ? entry.id : nil,
                excludedPatient: Bool.random(using: &random) ? entry.patient : nil,
                labels: LabelFilter(none: UInt64.random(in: 0..<4, using: &random)))
        }
        let count = Int.random(in: 1...30, using: &random)
        let result = try index.query(queries, count: count, from: Self.model)
        #expect(result.entries == list.count, "\(what)")
        for (query, found) in zip(queries, result.neighbours) {
            let direction = Sample.unit(query.embedding)
            let expected = list.indices.filter { at in
                let entry = list[at]
                return entry.id != query.excludedID && (query.excludedPatient == nil || entry.patient != query.excludedPatient)
                    && query.labels.accepts(entry.labels)
            }.map { at in (at: at, square: TopKSearch.squaredDistance(direction, kept[at])) }
                .sorted { ($0.square, $0.at) < ($1.square, $1.at) }.prefix(min(count, list.count))
            #expect(found.map(\.id) == expected.map { list[$0.at].id }, "\(what)")
            #expect(found.map(\.distance) == expected.map { $0.square.squareRoot() }, "\(what)")
            #expect(found.map(\.patient) == expected.map { list[$0.at].patient }, "\(what)")
        }
    }
}
