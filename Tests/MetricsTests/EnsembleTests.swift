import Metrics
import Testing

@Suite struct EnsembleTests {
    @Test func softVotesAreWeightedMeans() throws {
        let vote = try SoftVote(weights: [0.9, 0.92])
        let found = try vote([[0.7, 0.3], [0.2, 0.8]])
        // (0.9 * 0.7 + 0.92 * 0.2) / 1.82 and the rest.
        #expect(agrees(found, [0.814 / 1.82, 1.006 / 1.82]))
        #expect(mostProbable(found) == 1)
        // A tie goes to class 0.
        #expect(mostProbable(try SoftVote(members: 2)([[0.75, 0.25], [0.25, 0.75]])) == 0)
        let map = try SoftVote(weights: [1, 3])([[0, 1, 0.5], [1, 0, 0.5]] as [[Float]])
        #expect(map == [0.75, 0.25, 0.5])
        #expect(try BinaryMask(width: 3, height: 1, probabilities: map).pixels == [true, false, false])
        #expect(vote.text.contains("0.90, 0.92"))
    }

    @Test func labelVotes() throws {
        let table: [([Bool], any: Bool, majority: Bool, all: Bool, weighted: Bool)] = [
            ([false, false, false], false, false, false, false), ([true, false, false], true, false, false, false),
            ([true, false, true], true, true, false, true), ([false, true, true], true, true, false, true),
            ([true, true, true], true, true, true, true),
        ]
        for row in table {
            #expect(try LabelVote.any(row.0) == row.any)
            #expect(try LabelVote.majority(row.0) == row.majority)
            #expect(try LabelVote.all(row.0) == row.all)
            #expect(try LabelVote.weighted([0.9, 0.92, 0.82])(row.0) == row.weighted)
        }
        // Half of two members is no majority, half of the weight is enough.
        #expect(try !LabelVote.majority([true, false]))
        #expect(try LabelVote.weighted([1, 1])([true, false]))
        #expect(try LabelVote.weighted([3, 1, 1])([true, false, false]))
        #expect(try LabelVote.majority([[true, false], [true, true], [false, false]]) == [true, false])
    }

    @Test func masksVotePixelByPixel() throws {
        func mask(_ pixels: [Bool]) throws -> BinaryMask { try BinaryMask(width: 2, height: 2, pixels: pixels) }
        let masks = [
            try mask([true, true, false, false]), try mask([true, false, true, false]), try mask([true, true, true, false]),
        ]
        #expect(try LabelVote.any(masks).pixels == [true, true, true, false])
        #expect(try LabelVote.all(masks).pixels == [true, false, false, false])
        #expect(try LabelVote.majority(masks).pixels == [true, true, true, false])
        #expect(try LabelVote.weighted([1, 3, 1])(masks).pixels == [true, false, true, false])
        let other = try BinaryMask(width: 4, height: 1, pixels: [true, true, true, true])
        #expect(throws: MetricError.self) { try LabelVote.any([masks[0], other]) }
    }

    @Test func classVotes() throws {
        #expect(try majorityClass([2, 1, 2], classes: 3) == 2)
        #expect(try majorityClass([2, 1], classes: 3) == 1)
        #expect(try majorityClass([2, 1, 1], classes: 3, weights: [3, 1, 1]) == 2)
        #expect(throws: MetricError.self) { try majorityClass([3], classes: 3) }
        #expect(throws: MetricError.self) { try majorityClass([], classes: 3) }
    }

    @Test func badVotesAreRefused() throws {
        #expect(throws: MetricError.self) { try SoftVote(weights: []) }
        #expect(throws: MetricError.self) { try SoftVote(weights: [0, 0]) }
        #expect(throws: MetricError.self) { try SoftVote(weights: [1, -1]) }
        #expect(throws: MetricError.self) { try SoftVote(weights: [.nan]) }
        let vote = try SoftVote(members: 2)
        #expect(throws: MetricError.self) { try vote([[0.5, 0.5]]) }
        #expect(throws: MetricError.self) { try vote([[0.5, 0.5], [1]]) }
        #expect(throws: MetricError.self) { try vote([[0.5, .nan], [0.5, 0.5]]) }
        #expect(throws: MetricError.self) { try LabelVote.any([Bool]()) }
        #expect(throws: MetricError.self) { try LabelVote.weighted([1])([true, false]) }
        #expect(throws: MetricError.self) { try LabelVote.all([[true], [true, false]]) }
    }

    @Test func viewsOfASquarePicture() {
        // 0 1
        // 2 3
        func seen(_ view: TestTimeView) -> [Int] {
            (0..<4).map { place in
                let source = view.source(row: place / 2, column: place % 2, size: 2)
                return source.row * 2 + source.column
            }
        }
        #expect(seen(.identity) == [0, 1, 2, 3])
        #expect(seen(.horizontalFlip) == [1, 0, 3, 2])
        #expect(seen(.verticalFlip) == [2, 3, 0, 1])
        #expect(seen(.quarterTurn) == [1, 3, 0, 2])
    }

    @Test func agreementOfThreeModels() throws {
        let best = [0, 1, 1, 0, 1, 0, 0, 1, 1, 0]
        let second = [0, 1, 1, 0, 1, 0, 0, 1, 0, 1]
        let third = [0, 0, 1, 1, 1, 0, 0, 1, 0, 0]
        let report = try AgreementReport([
            .init(name: "third", labels: third, accuracy: 0.82), .init(name: "second", labels: second, accuracy: 0.9),
            .init(name: "best", labels: best, accuracy: 0.92),
        ])
        #expect(report.members.map(\.name) == ["best", "second", "third"])
        #expect(report.pairs.map(\.agreeing) == [8, 7, 7])
        #expect(report.unanimous == 6)
        #expect(report.disputed == [8, 9])
        let umpire = try #require(report.umpires.first)
        #expect([umpire.withBest, umpire.withSecond, umpire.withNeither] == [1, 1, 0])
        #expect(report.strategies.map(\.distribution) == [[4, 6], [6, 4], [6, 4]])
        #expect(report.strategies.map(\.firstChanged) == [[], [8, 9], [8, 9]])
        #expect(agrees(report.diversity, 0.3))
        #expect(report.advice == .noise)
        #expect(report.isAdmissible == false)
        let same = try AgreementReport([
            .init(name: "a", labels: best, accuracy: 0.95), .init(name: "b", labels: best, accuracy: 0.93),
        ])
        #expect(same.isAdmissible == true)
        #expect(same.diversity == nil)
        let grades = try AgreementReport([
            .init(name: "a", labels: [0, 3]), .init(name: "b", labels: [2, 3]), .init(name: "c", labels: [0, 3]),
        ])
        #expect(grades.strategies.isEmpty)
        #expect(grades.advice == .tooSimilar)
        #expect(grades.isAdmissible == nil)
        #expect(throws: MetricError.self) { try AgreementReport([.init(name: "a", labels: [0])]) }
        #expect(throws: MetricError.self) {
            try AgreementReport([.init(name: "a", labels: [0]), .init(name: "b", labels: [0, 1])])
        }
        #expect(throws: MetricError.self) {
            try AgreementReport([.init(name: "a", labels: [0], accuracy: 0.9), .init(name: "b", labels: [0])])
        }
    }
}
