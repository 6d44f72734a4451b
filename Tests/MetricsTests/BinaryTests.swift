import Metrics
import Testing

struct BinaryProblem: Decodable {
    let name: String
    let scores: [Double]
    let positive: [Bool]
    let auroc: Double?
    let averagePrecision: Double?
    let brier: Double
    let delongVariance: Double?
    let threshold: Double
    let hits: Int
    let ill: Int
    let quiet: Int
    let healthy: Int
    let sensitivityInterval: [Double]?
    let specificityInterval: [Double]?
}

struct BootstrapProblem: Decodable {
    let scores: [Double]
    let positive: [Bool]
    let patients: [Int]
    let grouped: [Double]
    let single: [Double]
}

struct PercentileProblem: Decodable {
    let values: [Double]
    let shares: [Double]
    let expected: [Double]
}

@Suite struct BinaryTests {
    private func bounds(_ interval: ConfidenceInterval?) -> [Double?] {
        [interval?.lower, interval?.upper]
    }

    @Test func scoresEqualScikitLearn() throws {
        let problems = try Golden<[BinaryProblem]>.load("binary.json")
        #expect(problems.count == 6)
        for problem in problems {
            #expect(agrees(auroc(scores: problem.scores, positive: problem.positive), problem.auroc), "\(problem.name)")
            let precision = averagePrecision(scores: problem.scores, positive: problem.positive)
            #expect(agrees(precision, problem.averagePrecision), "\(problem.name)")
            #expect(agrees(brierScore(scores: problem.scores, positive: problem.positive), problem.brier), "\(problem.name)")
            let ranked = RankedScores(scores: problem.scores, positive: problem.positive)
            #expect(agrees(ranked?.aurocVariance, problem.delongVariance), "\(problem.name)")
            let detection = Detection(scores: problem.scores, positive: problem.positive, threshold: problem.threshold)
            #expect(detection.truePositives == problem.hits, "\(problem.name)")
            #expect(detection.trueNegatives == problem.quiet, "\(problem.name)")
            #expect(detection.falseNegatives == problem.ill - problem.hits, "\(problem.name)")
            #expect(detection.falsePositives == problem.healthy - problem.quiet, "\(problem.name)")
            let sensitivity: [Double?] = problem.sensitivityInterval ?? [nil, nil]
            #expect(agrees(self.bounds(detection.sensitivityInterval), sensitivity), "\(problem.name)")
            let specificity: [Double?] = problem.specificityInterval ?? [nil, nil]
            #expect(agrees(self.bounds(detection.specificityInterval), specificity), "\(problem.name)")
        }
    }

    @Test func tiedExample() {
        let scores = [0.1, 0.4, 0.4, 0.8, 0.4]
        let positive = [false, false, true, true, true]
        #expect(agrees(auroc(scores: scores, positive: positive), 0.833333333, within: 1e-9))
        #expect(agrees(averagePrecision(scores: scores, positive: positive), 0.833333333, within: 1e-9))
    }

    @Test func notANumberIsUndefined() {
        #expect(auroc(scores: [0.1, .nan, 0.3], positive: [false, true, true]) == nil)
        #expect(averagePrecision(scores: [0.1, .nan], positive: [false, true]) == nil)
        #expect(percentile([1, .nan], share: 0.5) == nil)
        #expect(threshold(forSensitivity: 0.9, scores: [.nan], positive: [true]) == nil)
        #expect(Calibration(confidences: [.nan], happened: [true]) == nil)
        #expect(auroc(scores: [-.infinity, .infinity], positive: [false, true]) == 1)
    }

    @Test func percentilesEqualNumpy() throws {
        let problem = try Golden<PercentileProblem>.load("percentile.json")
        #expect(agrees(problem.shares.map { percentile(problem.values, share: $0) }, problem.expected))
        #expect(percentile([], share: 0.5) == nil)
    }

    @Test func expectedCalibrationError() {
        let confidences = [0.05, 0.1, 0.15, 0.35, 0.5, 0.62, 0.8, 0.95, 1, 0.3]
        let happened = [false, false, true, false, true, true, true, true, true, false]
        let calibration = Calibration(confidences: confidences, happened: happened)
        #expect(agrees(calibration?.expectedError, 0.278))
        #expect(calibration?.bins.map(\.count) == [2, 1, 1, 1, 1, 0, 1, 1, 0, 2])
        #expect(Calibration(confidences: [1.5], happened: [true]) == nil)
    }

    @Test func thresholdsReachTheirTargets() throws {
        for problem in try Golden<[BinaryProblem]>.load("binary.json") where problem.auroc != nil {
            for target in [0.5, 0.85, 0.9, 1] {
                let sensitive = try #require(
                    threshold(forSensitivity: target, scores: problem.scores, positive: problem.positive))
                let found = Detection(scores: problem.scores, positive: problem.positive, threshold: sensitive)
                #expect(try #require(found.sensitivity) >= target)
                let higher = Detection(scores: problem.scores, positive: problem.positive, threshold: sensitive.nextUp)
                #expect(try #require(higher.sensitivity) < target)
                let specific = try #require(
                    threshold(forSpecificity: target, scores: problem.scores, positive: problem.positive))
                let left = Detection(scores: problem.scores, positive: problem.positive, threshold: specific)
                #expect(try #require(left.specificity) >= target)
            }
        }
    }
}

@Suite struct BootstrapTests {
    @Test func intervalsAgreeWithAnIndependentBootstrap() throws {
        let problem = try Golden<BootstrapProblem>.load("bootstrap.json")
        let ranked = try #require(RankedScores(scores: problem.scores, positive: problem.positive))
        let grouped = try #require(Bootstrap(seed: 5).aurocInterval(ranked, groups: problem.patients))
        let single = try #require(Bootstrap(seed: 5).aurocInterval(ranked))
        // Ends of an interval from 2000 resamples scatter by about 0.004 around those of other random numbers.
        #expect(agrees([grouped.interval.lower, grouped.interval.upper], problem.grouped, within: 0.015))
        #expect(agrees([single.interval.lower, single.interval.upper], problem.single, within: 0.015))
        let widths = (grouped.interval.upper - grouped.interval.lower, single.interval.upper - single.interval.lower)
        #expect(widths.0 > 1.15 * widths.1)
        #expect(grouped.undefined == 0)
    }

    @Test func sameSeedSameInterval() throws {
        let ranked = try #require(RankedScores(scores: [0.1, 0.2, 0.3, 0.4, 0.5], positive: [false, true, false, true, true]))
        let first = Bootstrap(resamples: 200, seed: 9).aurocInterval(ranked)
        #expect(first == Bootstrap(resamples: 200, seed: 9).aurocInterval(ranked))
        #expect(first != nil)
        #expect(try #require(first).undefined > 0)
    }

    @Test func multiplicitiesEqualRepeatedCases() throws {
        let scores = [0.3, 0.1, 0.3, 0.9, 0.5]
        let positive = [true, false, false, true, false]
        let times = [2, 0, 1, 1, 3]
        let repeated = scores.indices.flatMap { Array(repeating: $0, count: times[$0]) }
        let ranked = try #require(RankedScores(scores: scores, positive: positive))
        let expected = auroc(scores: repeated.map { scores[$0] }, positive: repeated.map { positive[$0] })
        #expect(agrees(ranked.auroc(multiplicities: times), expected))
        #expect(expected != nil)
    }

    @Test func groupsAreDrawnWhole() throws {
        let groups = ["p", "q", "p", "r", "q", "p"]
        var draws: [[Int]] = []
        let result = Bootstrap(resamples: 50, seed: 4).interval(count: groups.count, groups: groups) { times in
            draws.append(times)
            return Double(times.reduce(0, +))
        }
        #expect(draws.count == 50)
        #expect(draws.allSatisfy { $0[0] == $0[2] && $0[0] == $0[5] && $0[1] == $0[4] && $0[0] + $0[1] + $0[3] == 3 })
        #expect(Set(draws).count > 5)
        #expect(try #require(result).undefined == 0)
    }

    @Test func deLongIntervalContainsTheArea() throws {
        let problem = try Golden<BootstrapProblem>.load("bootstrap.json")
        let ranked = try #require(RankedScores(scores: problem.scores, positive: problem.positive))
        let interval = try #require(ranked.aurocInterval)
        #expect(agrees([interval.lower, interval.upper], problem.single, within: 0.02))
    }

    @Test func randomStreamsDiffer() {
        var first = SplitMix64(seed: 1, stream: 0)
        var second = SplitMix64(seed: 1, stream: 1)
        #expect(first.next() != second.next())
        var random = SplitMix64(seed: 3)
        #expect(random.permutation(50).sorted() == Array(0..<50))
        #expect((0..<1000).allSatisfy { _ in (0..<7).contains(random.below(7)) })
        var known = SplitMix64(seed: 0)
        #expect(known.next() == 0xE220_A839_7B1D_CDAF)
    }
}
