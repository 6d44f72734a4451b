import Metrics
import Testing

@Suite struct RetrievalInputTests {
    @Test func jaccard() throws {
        let relevance = JaccardRelevance()
        #expect(agrees(relevance(LabelSet(bits: 0b0110), LabelSet(bits: 0b0011)), 1.0 / 3))
        #expect(relevance(LabelSet(bits: 5), LabelSet(bits: 5)) == 1)
        #expect(relevance(LabelSet(bits: 4), LabelSet(bits: 3)) == 0)
        #expect(relevance(LabelSet(bits: 0), LabelSet(bits: 0)) == 1)
        #expect(JaccardRelevance(bothEmpty: 0)(LabelSet(bits: 0), LabelSet(bits: 0)) == 0)
        #expect(relevance(LabelSet(bits: 0), LabelSet(bits: 1)) == 0)
        #expect(try LabelSet(flags: [false, true, true, false]).bits == 6)
        #expect(try LabelSet(class: 63).contains(63))
        #expect(throws: MetricError.self) { try LabelSet(class: 64) }
        #expect(throws: MetricError.self) { try LabelSet(flags: Array(repeating: true, count: 65)) }
    }

    @Test func badInputIsRefused() throws {
        let label = LabelSet(bits: 1)
        func code(_ body: () throws -> Void) -> MetricError.Code? {
            do {
                try body()
                return nil
            } catch {
                return (error as? MetricError)?.code
            }
        }
        func report(_ neighbors: [[Int]], _ labels: [LabelSet], names: [String] = ["a"]) -> MetricError.Code? {
            code {
                _ = try RetrievalReport(
                    neighbors: neighbors, queryLabels: labels, databaseLabels: [label, label], classNames: names,
                    rules: try RetrievalRules(selfMatch: .keep))
            }
        }
        #expect(report([[0, 1]], [label]) == nil)
        #expect(report([[0, 2]], [label]) == .value)
        #expect(report([[-1]], [label]) == .value)
        #expect(report([[1, 1]], [label]) == .value)
        #expect(report([[0]], []) == .size)
        #expect(report([[0]], [LabelSet(bits: 2)]) == .value)
        #expect(report([[0]], [label], names: []) == .setting)
        #expect(code { _ = try Embeddings(rows: [[1, .nan]]) } == .value)
        #expect(code { _ = try Embeddings(rows: [[1, 2], [3]]) } == .size)
        #expect(code { _ = try Embeddings(rows: []) } == .empty)
        #expect(code { _ = try Embeddings(values: [1, 2, 3], dimension: 2) } == .size)
        #expect(code { _ = try RetrievalRules(cutoffs: [3, 1], selfMatch: .keep) } == .setting)
        #expect(code { _ = try RetrievalRules(cutoffs: [0], selfMatch: .keep) } == .setting)
        #expect(code { _ = try Embeddings(rows: [[1]]).nearest(to: try Embeddings(rows: [[1, 2]]), count: 1) } == .size)
    }
}
