import Metrics
import Testing

struct MultiLabelProblem: Decodable {
    let name: String
    let logits: [[Double]]
    let truth: [[Bool]]
    let perClass: [[Double]]
    let micro: [Double]
    let macro: [Double]
    let weighted: [Double]
    let support: [Int]
}

@Suite struct MultiLabelTests {
    private func values(_ score: AverageScore?) -> [Double?] {
        [score?.precision, score?.recall, score?.f1]
    }

    @Test func scoresEqualScikitLearn() throws {
        let problems = try Golden<[MultiLabelProblem]>.load("multilabel.json")
        #expect(problems.count == 3)
        for problem in problems {
            let scores = try MultiLabelScores(logits: problem.logits, truth: problem.truth, classes: 4)
            #expect(agrees(self.values(scores.micro), problem.micro), "\(problem.name)")
            #expect(agrees(self.values(scores.macro), problem.macro), "\(problem.name)")
            #expect(agrees(self.values(scores.weighted), problem.weighted), "\(problem.name)")
            #expect(agrees(scores.classScores.map(\.precision), problem.perClass[0]), "\(problem.name)")
            #expect(agrees(scores.classScores.map(\.recall), problem.perClass[1]), "\(problem.name)")
            #expect(agrees(scores.classScores.map(\.f1), problem.perClass[2]), "\(problem.name)")
            #expect(scores.classScores.map(\.support) == problem.support, "\(problem.name)")
        }
    }

    @Test func publishedExample() throws {
        let logits = [[-1, 2, 0.5, -3], [1, -1, -1, -1], [0.2, 0.3, -0.5, -2]]
        let truth = [[false, true, true, false], [true, false, false, false], [false, true, false, false]]
        let scores = try MultiLabelScores(logits: logits, truth: truth, classes: 4)
        #expect(agrees(scores.micro.f1, 0.8889, within: 0.00005))
        #expect(agrees(scores.macro.f1, 0.6667, within: 0.00005))
        #expect(agrees(scores.weighted.f1, 0.9167, within: 0.00005))
        #expect(agrees(scores.classScores.map(\.f1), [0.6667, 1, 1, 0], within: 0.00005))
        let lines = scores.text(classNames: ["sin_anomalias", "condensacion", "nodulos", "quistes"]).split(separator: "\n")
        #expect(lines.first == "3 cases")
        #expect(lines[2].hasPrefix("sin_anomalias") && lines[2].contains("0.6667"))
        #expect(lines[6].hasPrefix("micro") && lines[6].contains("0.8889"))
        #expect(lines[7].hasPrefix("macro") && lines[7].contains("0.6667"))
        #expect(lines[8].hasPrefix("weighted") && lines[8].contains("0.9167"))
        #expect(lines.last == "\(MultiLabelScores.rule)")
    }

    @Test func oneClassEachHasTheAccuracyAsMicro() throws {
        let truth = [0, 2, 1, 1, 0, 2]
        let answers = [0, 1, 1, 1, 2, 2]
        let flags = { (labels: [Int]) in labels.map { label in (0..<3).map { $0 == label } } }
        let scores = try MultiLabelScores(answers: flags(answers), truth: flags(truth), classes: 3)
        let matrix = ConfusionMatrix(truth: truth, predicted: answers, classes: 3)
        #expect(agrees(scores.micro.f1, 4.0 / 6))
        #expect(self.values(matrix.micro) == self.values(scores.micro))
        #expect(agrees(self.values(matrix.macro()), self.values(scores.macro)))
        #expect(agrees(self.values(matrix.weighted), self.values(scores.weighted)))
        #expect(ConfusionMatrix(classes: 2).micro == nil)
    }

    @Test func badInputIsRefused() {
        #expect(throws: MetricError.self) { try MultiLabelScores(answers: [[true]], truth: [], classes: 1) }
        #expect(throws: MetricError.self) { try MultiLabelScores(answers: [[true]], truth: [[true, false]], classes: 2) }
        #expect(throws: MetricError.self) { try MultiLabelScores(logits: [[.nan]], truth: [[true]], classes: 1) }
        #expect(throws: MetricError.self) { try MultiLabelScores(answers: [], truth: [], classes: 0) }
    }
}
