import Metrics
import Testing

struct RetrievalProblem: Decodable {
    struct Report: Decodable {
        let idealFloor: Double
        let overall: Bool
        let countLone: Bool
        let excluded: Int
        /// By cutoff: precision, recall, average precision, NDCG.
        let scores: [[Double]]?
        let classes: [[[Double]]?]
        let classQueries: [Int]
        let classExcluded: [Int]
        let aggregated: [[Double]]?
    }

    struct Library: Decodable {
        let torchmetrics: [[Double]]?
        let plainNdcg: [Double]
    }

    let name: String
    let selfMatch: String
    let points: [[Float]]
    let labels: [[Bool]]
    let queries: [[Float]]
    let queryLabels: [[Bool]]
    let reports: [Report]
    let library: Library?
}

@Suite struct RetrievalTests {
    /// The legal label vectors of the chest CT system, by class id.
    static let chestTable: [LabelSet] = ["1000", "0100", "0010", "0001", "0101", "0110", "0011", "0111"].map { text in
        LabelSet(bits: text.reversed().reduce(0) { $0 << 1 | ($1 == "1" ? 1 : 0) })
    }
    private static let chestNames = ["sin_anomalias", "condensacion", "nodulos", "quistes"]

    private func rows(_ scores: [RetrievalScores]?) -> [[Double]]? {
        scores?.map { [$0.precision, $0.recall, $0.averagePrecision, $0.ndcg] }
    }

    private func agree(_ scores: [RetrievalScores]?, _ expected: [[Double]]?, within tolerance: Double = 1e-9) -> Bool {
        agrees((self.rows(scores) ?? []).flatMap(\.self), (expected ?? []).flatMap(\.self), within: tolerance)
            && (scores == nil) == (expected == nil)
    }

    private func report(
        _ problem: RetrievalProblem, idealFloor: Double = 1, overall: Bool = false, countLone: Bool = false
    ) throws -> RetrievalReport {
        let rules = try RetrievalRules(
            selfMatch: try #require(SelfMatch(rawValue: problem.selfMatch)), loneQueries: countLone ? .countAsZero : .exclude,
            idealOrder: overall ? .overall(table: Self.chestTable) : .ofClass, idealFloor: idealFloor)
        return try RetrievalReport(
            queries: try Embeddings(rows: problem.queries), queryLabels: try problem.queryLabels.map(LabelSet.init(flags:)),
            database: try Embeddings(rows: problem.points), databaseLabels: try problem.labels.map(LabelSet.init(flags:)),
            classNames: problem.labels[0].indices.map { "c\($0)" }, rules: rules)
    }

    @Test func figuresEqualAnIndependentTranscription() throws {
        let problems = try Golden<[RetrievalProblem]>.load("retrieval.json")
        #expect(problems.count == 6)
        for problem in problems {
            #expect(problem.reports.count == 3)
            for expected in problem.reports {
                let found = try self.report(
                    problem, idealFloor: expected.idealFloor, overall: expected.overall, countLone: expected.countLone)
                #expect(found.cutoffs == [1, 3, 5, 10, 20])
                #expect(self.agree(found.scores, expected.scores), "\(problem.name)")
                #expect(self.agree(found.aggregated, expected.aggregated), "\(problem.name)")
                #expect(found.excludedCount == expected.excluded, "\(problem.name)")
                #expect(found.classes.map(\.queries) == expected.classQueries, "\(problem.name)")
                #expect(found.classes.map(\.excluded) == expected.classExcluded, "\(problem.name)")
                for (report, scores) in zip(found.classes, expected.classes) {
                    #expect(self.agree(report.scores, scores), "\(problem.name) \(report.name)")
                }
            }
        }
    }

    @Test func figuresEqualTorchmetricsAndScikitLearn() throws {
        var compared = 0
        for problem in try Golden<[RetrievalProblem]>.load("retrieval.json") {
            guard let library = problem.library else { continue }
            let plain = try #require(try self.report(problem, idealFloor: 0).scores)
            #expect(agrees(plain.map(\.ndcg), library.plainNdcg), "\(problem.name)")
            compared += 1
            guard let expected = library.torchmetrics else { continue }
            // torchmetrics divides in float32.
            #expect(self.agree(try self.report(problem).scores, expected, within: 1e-6), "\(problem.name)")
            compared += 10
        }
        #expect(compared == 14)
    }

    @Test func publishedExample() throws {
        let ids = [1, 2, 5, 0, 7, 4, 6]
        let rules = try RetrievalRules(
            cutoffs: [1, 3, 5], selfMatch: .keep, loneQueries: .countAsZero, idealOrder: .overall(table: Self.chestTable))
        let report = try RetrievalReport(
            queries: try Embeddings(rows: [[0.1, 0], [1.1, 2.3], [2.5, 0.4]]),
            queryLabels: [5, 0, 1].map { Self.chestTable[$0] },
            database: try Embeddings(rows: [[0, 0], [1, 0], [0, 1], [2, 2], [1, 1], [3, 0], [0, 3]]),
            databaseLabels: ids.map { Self.chestTable[$0] }, classNames: Self.chestNames, rules: rules)
        func column(_ scores: [RetrievalScores]?, _ value: (RetrievalScores) -> Double, _ expected: [Double]) {
            #expect(agrees(scores?.map(value) ?? [], expected, within: 0.00005001), "\(scores as Any)")
        }
        column(report.scores, \.averagePrecision, [0.6667, 0.6648, 0.6637])
        column(report.scores, \.ndcg, [0.6667, 0.7378, 0.8039])
        column(report.scores, \.precision, [0.6667, 0.4259, 0.3667])
        column(report.scores, \.recall, [0.4548, 0.6524, 0.8619])
        column(report.aggregated, \.averagePrecision, [0.75, 0.8125, 0.8])
        column(report.aggregated, \.ndcg, [0.75, 0.7753, 0.8152])
        column(report.aggregated, \.precision, [0.75, 0.5833, 0.5])
        column(report.aggregated, \.recall, [0.375, 0.625, 0.8125])
        column(report.classes[0].scores, \.averagePrecision, [1, 1, 1])
        column(report.classes[1].scores, \.averagePrecision, [1, 0.8333, 0.7806])
        column(report.classes[2].scores, \.averagePrecision, [0, 0.5833, 0.6389])
        column(report.classes[1].scores, \.ndcg, [1, 0.7039, 0.7517])
        column(report.classes[2].scores, \.ndcg, [0, 0.6934, 0.7575])
        column(report.classes[1].scores, \.recall, [0.25, 0.5, 0.75])
        column(report.classes[2].scores, \.precision, [0, 0.6667, 0.6])
        #expect(report.classes[3].scores == nil)
    }

    @Test func perfectAndHopelessRankings() throws {
        let perfect = RankedRelevance(found: [1, 1, 1, 0, 0], ideal: [1, 1, 1, 0, 0], total: 3, items: 5).scores(at: [
            1, 3, 5, 50,
        ])
        #expect(agrees(perfect.map(\.precision), [1, 1, 0.6, 0.6]))
        #expect(agrees(perfect.map(\.recall), [1.0 / 3, 1, 1, 1]))
        #expect(perfect.allSatisfy { $0.averagePrecision == 1 && $0.ndcg == 1 })
        let hopeless = RankedRelevance(found: [0, 0, 0, 1, 1], ideal: [1, 1, 0, 0, 0], total: 2, items: 5).scores(at: [1, 3])
        #expect(hopeless.allSatisfy { $0 == RetrievalScores(precision: 0, recall: 0, averagePrecision: 0, ndcg: 0) })
        // The floor below the ideal lowers what is relevant in part only, and can be taken away.
        let partly = RankedRelevance(found: [0.5], ideal: [0.5], total: 0.5, items: 1)
        #expect(partly.scores(at: [1])[0].ndcg == 0.5)
        #expect(partly.scores(at: [1], idealFloor: 0)[0].ndcg == 1)
        #expect(partly.scores(at: [1])[0].recall == 0.5)
    }

    @Test func selfMatchesGoTheirWay() throws {
        // Items 0 and 1 are at one place: removing the nearest of query 1 removes item 0, not item 1 itself.
        let points = try Embeddings(rows: [[0], [0], [5]])
        let labels = try [0, 1, 1].map { (index) throws(MetricError) in try LabelSet(class: index) }
        func precision(_ selfMatch: SelfMatch) throws -> [Double]? {
            let rules = try RetrievalRules(cutoffs: [1], selfMatch: selfMatch)
            let report = try RetrievalReport(
                queries: points, queryLabels: labels, database: points, databaseLabels: labels, classNames: ["a", "b"],
                rules: rules)
            #expect(report.text.contains("self match: \(selfMatch.text)"))
            return report.classes.map { $0.scores?[0].precision ?? -1 }
        }
        #expect(try precision(.keep) == [1, 0.5])
        // Query 0 is alone; query 1 finds item 0 of the other class first; query 2 also.
        #expect(try precision(.removeSameIndex) == [-1, 0])
        // Query 1 loses item 0 and finds itself.
        #expect(try precision(.removeNearest) == [-1, 0.5])
    }

    @Test func kAboveTheNumberOfItems() throws {
        let points = try Embeddings(rows: [[0], [1], [3]])
        let labels = try [0, 0, 1].map { (index) throws(MetricError) in try LabelSet(class: index) }
        let report = try RetrievalReport(
            queries: points, queryLabels: labels, database: points, databaseLabels: labels, classNames: ["a", "b"],
            rules: try RetrievalRules(cutoffs: [2, 3, 1000, .max], selfMatch: .keep))
        let scores = try #require(report.scores)
        #expect(scores[1] == scores[2] && scores[2] == scores[3])
        // Shares of the three items there are: 2, 2 and 1 of 3.
        #expect(agrees(scores[3].precision, 5.0 / 9))
        #expect(scores[3].recall == 1)
    }

    @Test func loneQueriesAreCounted() throws {
        let points = try Embeddings(rows: [[0], [1], [2]])
        let labels = try [0, 1, 1].map { (index) throws(MetricError) in try LabelSet(class: index) }
        func report(_ lone: LoneQueries) throws -> RetrievalReport {
            try RetrievalReport(
                queries: points, queryLabels: labels, database: points, databaseLabels: labels, classNames: ["a", "b"],
                rules: try RetrievalRules(cutoffs: [1, 2], selfMatch: .removeSameIndex, loneQueries: lone))
        }
        let excluding = try report(.exclude)
        #expect(excluding.excluded == [.noRelevantItem: 1])
        #expect(excluding.scores?[1].recall == 1)
        #expect(excluding.text.contains("excluded queries: 1, no item is relevant to it"))
        let counting = try report(.countAsZero)
        #expect(counting.excludedCount == 0)
        #expect(agrees(counting.scores?[1].recall, 2.0 / 3))
        #expect(counting.text.contains("count as 0"))
        let single = try RetrievalReport(
            neighbors: [[0]], queryLabels: [labels[0]], databaseLabels: [labels[0]], classNames: ["a"],
            rules: try RetrievalRules(selfMatch: .removeSameIndex))
        #expect(single.excluded == [.noItems: 1])
        #expect(single.scores == nil)
        #expect(!single.text.contains("nan"))
    }

    @Test func randomOrderReachesTheShareOfRelevantItems() throws {
        var random = SplitMix64(seed: 4)
        let labels = try (0..<400).map { (_) throws(MetricError) in try LabelSet(class: random.below(4)) }
        let lists = Array(repeating: [Int](), count: labels.count)
        let rules = try RetrievalRules(selfMatch: .removeSameIndex)
        func report(seed: UInt64) throws -> RetrievalReport {
            try RetrievalReport(
                neighbors: lists, queryLabels: labels, databaseLabels: labels, classNames: ["a", "b", "c", "d"], rules: rules,
                seed: seed)
        }
        let first = try report(seed: 1)
        let precision = try #require(first.random?.last?.precision)
        // 400 draws of 20 scatter by about 0.005 around one quarter.
        #expect(abs(precision - 0.25) < 0.03)
        #expect(first.scores?.last?.precision == 0)
        #expect(first.random == (try report(seed: 1)).random)
        #expect(first.random != (try report(seed: 2)).random)
    }

    @Test func randomOrderLeavesTheQueryOut() throws {
        let labels = try [0, 0, 1, 1].map { (index) throws(MetricError) in try LabelSet(class: index) }
        let rules = try RetrievalRules(cutoffs: [1, 4], selfMatch: .removeSameIndex)
        let reports = try (0..<300).map { seed in
            try RetrievalReport(
                neighbors: [[], [], [], []], queryLabels: labels, databaseLabels: labels, classNames: ["a", "b"], rules: rules,
                seed: UInt64(seed))
        }
        // One of the three others is relevant: 1/3, or 1/2 with the query itself. 1200 draws scatter by 0.014.
        let sum = reports.reduce(0.0) { $0 + ($1.random?[0].precision ?? .nan) }
        #expect(abs(sum / 300 - 1.0 / 3) < 0.06)
        #expect(reports.allSatisfy { $0.random?[1].recall == 1 })
    }

    @Test func textSaysEveryRule() throws {
        let problem = try #require(try Golden<[RetrievalProblem]>.load("retrieval.json").first)
        let report = try self.report(problem)
        let parts = [
            "15 queries, 60 items, exact search", "\nrandom mAP ", "\nclasses NDCG ", "\nc1 recall ", "self match: kept",
            "ties: equal distances", "relevance: Jaccard", "excluded queries: 0", "max(1, ideal DCG)",
        ]
        for part in parts {
            #expect(report.text.contains(part), "\(part)")
        }
        let lines = report.text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines[1] == ["k", "1", "3", "5", "10", "20"])
        #expect(lines[2].first == "precision")
        let precision = lines[2].dropFirst().map { Double($0) }
        #expect(agrees(precision, report.scores?.map(\.precision) ?? [], within: 0.00005001))
        let approximate = try RetrievalReport(
            neighbors: [[0]], queryLabels: [LabelSet(bits: 1)], databaseLabels: [LabelSet(bits: 1)], classNames: ["a"],
            rules: try RetrievalRules(cutoffs: [1], selfMatch: .keep), search: .approximate(recall: 0.975))
        #expect(approximate.text.contains("approximate search (finds 0.9750 of the exact neighbours)"))
    }
}
