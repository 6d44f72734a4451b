import Metrics
import Testing

struct NeighborProblem: Decodable {
    struct Case: Decodable {
        let weights: String
        let k: Int
        /// The queries that were judged: none whose k-th and next neighbour are equally far.
        let queries: [Int]
        let probabilities: [[Double]]
        let labels: [Int]
    }

    struct Candidate: Decodable {
        let k: Int
        let accuracy: Double
    }

    let points: [[Float]]
    let labels: [Int]
    let queries: [[Float]]
    let truth: [Int]
    let cases: [Case]
    let automatic: [Candidate]
    /// Null where the fifth and the next neighbour are equally far.
    let leaveOneOut: [Int?]
}

@Suite struct NeighborTests {
    @Test func votesEqualScikitLearn() throws {
        let problem = try Golden<NeighborProblem>.load("neighbors.json")
        #expect(problem.cases.count == 8)
        for expected in problem.cases {
            let weights = try #require(NeighborWeights(rawValue: expected.weights))
            let classifier = try KNNClassifier(
                points: try Embeddings(rows: problem.points), labels: problem.labels, classes: 3, k: expected.k, weights: weights)
            let queries = try Embeddings(rows: expected.queries.map { problem.queries[$0] })
            let found = try classifier.probabilities(queries)
            #expect(expected.queries.count > 20)
            #expect(agrees(found.flatMap(\.self), expected.probabilities.flatMap(\.self)), "\(expected.weights) \(expected.k)")
            #expect(try classifier.predict(queries) == expected.labels, "\(expected.weights) \(expected.k)")
        }
    }

    @Test func publishedExample() throws {
        let classifier = try KNNClassifier(
            points: try Embeddings(rows: [[0, 0], [1, 0], [0, 1], [1, 1], [2, 2], [3, 1]]), labels: [0, 0, 1, 1, 1, 0],
            classes: 2, k: 3)
        let found = try classifier.probabilities(try Embeddings(rows: [[0.2, 0.1], [1.5, 1.5], [1, 1]]))
        // Queries are float32 here.
        #expect(agrees(found[0], [0.840425092, 0.159574908], within: 1e-7))
        #expect(agrees(found[1], [0.182743998, 0.817256002], within: 1e-7))
        #expect(found[2] == [0, 1])
    }

    @Test func automaticKEqualsScikitLearnsAccuracies() throws {
        let problem = try Golden<NeighborProblem>.load("neighbors.json")
        let report = try KNNReport(
            queries: try Embeddings(rows: problem.queries), truth: problem.truth, database: try Embeddings(rows: problem.points),
            labels: problem.labels, classes: 3, selfMatch: .keep)
        #expect(report.tried.map(\.k) == problem.automatic.map(\.k))
        #expect(agrees(report.tried.map(\.accuracy), problem.automatic.map(\.accuracy)))
        #expect(report.k == 50)
        #expect(agrees(report.accuracy, 0.72))
        #expect(report.probabilities.count == 25)
        for part in [
            "k = 50 (the best on these queries", "ties: equal distances", "self match: kept", "excluded queries: 0",
            "1 / distance",
        ] {
            #expect(report.text.contains(part), "\(part)")
        }
    }

    @Test func theSmallestOfEqualKWins() throws {
        let points = try Embeddings(rows: (0..<12).map { [Float($0)] })
        func report(_ choice: NeighborCount) throws -> KNNReport {
            try KNNReport(
                queries: points, truth: Array(repeating: 1, count: 12), database: points, labels: Array(repeating: 1, count: 12),
                classes: 2, k: choice, selfMatch: .removeSameIndex)
        }
        let automatic = try report(.automatic)
        #expect(automatic.k == 5)
        #expect(automatic.skipped == [15, 20, 25, 30, 40, 50])
        #expect(try report(.automatic(candidates: [9, 3, 5], fallback: 15)).k == 3)
        let fallback = try report(.automatic(candidates: [20], fallback: 15))
        #expect(fallback.k == 11)
        #expect(fallback.text.contains("fallback 15"))
        let fixed = try report(.fixed(40))
        #expect(fixed.k == 11)
        #expect(fixed.text.contains("40 asked for, which is more than there are"))
        #expect(fixed.accuracy == 1)
    }

    @Test func leavingOneOutEqualsScikitLearn() throws {
        let problem = try Golden<NeighborProblem>.load("neighbors.json")
        let points = try Embeddings(rows: problem.points)
        let report = try KNNReport(
            queries: points, truth: problem.labels, database: points, labels: problem.labels, classes: 3, k: .fixed(5),
            selfMatch: .removeSameIndex)
        let clear = problem.leaveOneOut.indices.filter { problem.leaveOneOut[$0] != nil }
        #expect(clear.count > 50)
        #expect(clear.map { mostProbable(report.probabilities[$0]) } == clear.map { problem.leaveOneOut[$0] })
        #expect(report.text.contains("item i is no result of query i"))
        let kept = try KNNReport(
            queries: points, truth: problem.labels, database: points, labels: problem.labels, classes: 3, k: .fixed(1),
            selfMatch: .keep)
        // Only the second of the two points at one place is taken for the first.
        #expect(kept.confusion.correct == 59)
        let alone = try Embeddings(rows: [[1, 2]])
        let none = try KNNReport(
            queries: alone, truth: [0], database: alone, labels: [0], classes: 1, k: .fixed(3), selfMatch: .removeSameIndex)
        #expect(none.excluded == 1)
        #expect(none.accuracy == nil)
        #expect(none.text.contains("excluded queries: 1, no neighbour but themselves"))
    }

    @Test func tiesGoToTheLowestIndexAndClass() throws {
        let points = try Embeddings(rows: [[1], [-1], [1], [-1], [3]])
        let found = try points.nearest(to: try Embeddings(rows: [[0]]), count: 3)
        #expect(found[0].map(\.index) == [0, 1, 2])
        let classifier = try KNNClassifier(points: points, labels: [2, 1, 0, 0, 0], classes: 3, k: 2, weights: .uniform)
        #expect(try classifier.predict(try Embeddings(rows: [[0]])) == [1])
        #expect(try points.nearest(to: try Embeddings(rows: [[0]]), count: 99)[0].map(\.index) == [0, 1, 2, 3, 4])
    }

    @Test func nearestEqualsASortOfAllDistances() throws {
        var random = SplitMix64(seed: 8)
        // Few values, so that many distances are equal.
        let rows = (0..<90).map { _ in [Float(random.below(4)), Float(random.below(4)), Float(random.below(3))] }
        let points = try Embeddings(rows: rows)
        let found = try points.nearest(to: points, count: 13)
        for (query, row) in rows.enumerated() {
            let distances = rows.map { zip($0, row).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
            let sorted = rows.indices.sorted { (distances[$0], $0) < (distances[$1], $1) }
            #expect(found[query].map(\.index) == Array(sorted.prefix(13)))
        }
    }

    @Test func normalizedAndAveragedEmbeddings() throws {
        let points = try Embeddings(rows: [[3, 4], [0, 0]])
        #expect(points.normalized.values == [0.6, 0.8, 0, 0])
        let mean = try Embeddings.mean(ofViews: [points, try Embeddings(rows: [[3, -4], [0, 2]])])
        #expect(mean.values == [1, 0, 0, 1])
        #expect(throws: MetricError.self) { try Embeddings.mean(ofViews: []) }
        #expect(throws: MetricError.self) { try Embeddings.mean(ofViews: [points, try Embeddings(rows: [[1, 2]])]) }
    }

    @Test func badInputIsRefused() throws {
        let points = try Embeddings(rows: [[0], [1]])
        #expect(throws: MetricError.self) { try KNNClassifier(points: points, labels: [0], classes: 2, k: 1) }
        #expect(throws: MetricError.self) { try KNNClassifier(points: points, labels: [0, 2], classes: 2, k: 1) }
        #expect(throws: MetricError.self) { try KNNClassifier(points: points, labels: [0, 1], classes: 2, k: 0) }
        #expect(throws: MetricError.self) {
            try KNNReport(
                queries: try Embeddings(rows: [[0], [2]]), truth: [0, 1], database: points, labels: [0, 1], classes: 2,
                selfMatch: .removeSameIndex)
        }
        #expect(throws: MetricError.self) {
            try KNNReport(
                queries: points, truth: [0, 1], database: points, labels: [0, 1], classes: 2, k: .fixed(0), selfMatch: .keep)
        }
    }
}
