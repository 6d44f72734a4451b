import Metrics
import Testing

struct ClassificationProblem: Decodable {
    struct Question: Decodable {
        let grade: Int
        let auroc: Double?
        let averagePrecision: Double?
    }

    let name: String
    let classes: Int
    let truth: [Int]
    let probabilities: [[Double]]
    let predicted: [Int]
    let confusion: [[Int]]
    let accuracy: Double
    let precision: [Double]
    let recall: [Double]
    let f1: [Double]
    let support: [Int]
    let macro: [Double]
    let macroOccurring: [Double]
    let weighted: [Double]
    let kappaPlain: Double?
    let kappaLinear: Double?
    let kappaQuadratic: Double?
    let mcc: Double
    let balanced: Double
    let aurocPerClass: [Double?]
    let aurocMacro: Double
    let aurocWeighted: Double
    let aurocPairs: Double?
    let logLoss: Double
    let brier: Double
    let questions: [Question]
}

@Suite struct ClassificationTests {
    private func values(_ score: AverageScore?) -> [Double?] {
        [score?.precision, score?.recall, score?.f1]
    }

    @Test func confusionScoresEqualScikitLearn() throws {
        let problems = try Golden<[ClassificationProblem]>.load("classification.json")
        #expect(problems.count == 6)
        for problem in problems {
            let matrix = ConfusionMatrix(truth: problem.truth, predicted: problem.predicted, classes: problem.classes)
            #expect(matrix.rows == problem.confusion, "\(problem.name)")
            #expect(agrees(matrix.accuracy, problem.accuracy), "\(problem.name)")
            #expect(agrees(accuracy(truth: problem.truth, predicted: problem.predicted), problem.accuracy), "\(problem.name)")
            #expect(agrees(matrix.classScores.map(\.precision), problem.precision), "\(problem.name)")
            #expect(agrees(matrix.classScores.map(\.recall), problem.recall), "\(problem.name)")
            #expect(agrees(matrix.classScores.map(\.f1), problem.f1), "\(problem.name)")
            #expect(matrix.classScores.map(\.support) == problem.support, "\(problem.name)")
            #expect(agrees(self.values(matrix.macro()), problem.macro), "\(problem.name)")
            #expect(agrees(self.values(matrix.macro(over: .occurring)), problem.macroOccurring), "\(problem.name)")
            #expect(agrees(self.values(matrix.weighted), problem.weighted), "\(problem.name)")
            #expect(agrees(matrix.kappa(.plain), problem.kappaPlain), "\(problem.name)")
            #expect(agrees(matrix.kappa(.linear), problem.kappaLinear), "\(problem.name)")
            #expect(agrees(matrix.kappa(.quadratic), problem.kappaQuadratic), "\(problem.name)")
            #expect(agrees(matrix.matthewsCorrelation, problem.mcc), "\(problem.name)")
            #expect(agrees(matrix.balancedAccuracy, problem.balanced), "\(problem.name)")
        }
    }

    @Test func probabilityScoresEqualScikitLearn() throws {
        for problem in try Golden<[ClassificationProblem]>.load("classification.json") {
            let areas = OneVsRestAuroc(
                probabilities: problem.probabilities, truth: problem.truth, classes: problem.classes)
            #expect(agrees(areas.perClass, problem.aurocPerClass), "\(problem.name)")
            #expect(agrees(areas.macro, problem.aurocMacro), "\(problem.name)")
            #expect(agrees(areas.weighted, problem.aurocWeighted), "\(problem.name)")
            let undefined = problem.aurocPerClass.indices.filter { problem.aurocPerClass[$0] == nil }
            #expect(areas.undefinedClasses == undefined, "\(problem.name)")
            if let expected = problem.aurocPairs {
                let pairs = oneVsOneAuroc(
                    probabilities: problem.probabilities, truth: problem.truth, classes: problem.classes)
                #expect(agrees(pairs, expected), "\(problem.name)")
            }
            let loss = logLoss(probabilities: problem.probabilities, truth: problem.truth)
            #expect(agrees(loss, problem.logLoss), "\(problem.name)")
            let brier = brierScore(probabilities: problem.probabilities, truth: problem.truth)
            #expect(agrees(brier, problem.brier), "\(problem.name)")
            #expect(problem.predicted == problem.probabilities.map(mostProbable), "\(problem.name)")
        }
    }

    @Test func gradeQuestionsEqualScikitLearn() throws {
        for problem in try Golden<[ClassificationProblem]>.load("classification.json") {
            for question in problem.questions {
                let threshold = OrdinalThreshold(grade: question.grade)
                let ranked = threshold.ranked(probabilities: problem.probabilities, truth: problem.truth)
                #expect(agrees(ranked?.auroc, question.auroc), "\(problem.name) grade \(question.grade)")
                #expect(agrees(ranked?.averagePrecision, question.averagePrecision), "\(problem.name) grade \(question.grade)")
            }
        }
    }

    @Test func publishedExample() {
        let truth = [0, 0, 1, 2, 2, 3, 4, 4, 1, 0]
        let matrix = ConfusionMatrix(truth: truth, predicted: [0, 1, 1, 2, 3, 3, 4, 2, 0, 0], classes: 5)
        #expect(agrees(matrix.accuracy, 0.6))
        #expect(agrees(matrix.kappa(.plain), 0.493670886, within: 1e-9))
        #expect(agrees(matrix.kappa(.linear), 0.6875))
        #expect(agrees(matrix.kappa(.quadratic), 0.827586207, within: 1e-9))
        #expect(agrees(matrix.matthewsCorrelation, 0.5))
        #expect(agrees(matrix.balancedAccuracy, 0.633333333, within: 1e-9))
        #expect(agrees(matrix.macro()?.f1, 0.6))
        #expect(agrees(matrix.weighted?.f1, 0.6))
        let probabilities = [
            [0.7, 0.2, 0.05, 0.03, 0.02], [0.3, 0.4, 0.1, 0.1, 0.1], [0.2, 0.5, 0.1, 0.1, 0.1], [0.1, 0.1, 0.6, 0.1, 0.1],
            [0.05, 0.05, 0.3, 0.5, 0.1], [0.1, 0.1, 0.2, 0.5, 0.1], [0.05, 0.05, 0.1, 0.1, 0.7], [0.1, 0.1, 0.4, 0.1, 0.3],
            [0.5, 0.3, 0.1, 0.05, 0.05], [0.6, 0.1, 0.1, 0.1, 0.1],
        ]
        let areas = OneVsRestAuroc(probabilities: probabilities, truth: truth, classes: 5)
        #expect(agrees(areas.macro, 0.954365079, within: 1e-9))
        #expect(agrees(areas.weighted, 0.955158730, within: 1e-9))
        #expect(agrees(oneVsOneAuroc(probabilities: probabilities, truth: truth, classes: 5), 0.958333333, within: 1e-9))
        let score = retfoundScore(macroF1: 0.6, macroAuroc: areas.macro, kappa: matrix.kappa(.plain))
        #expect(agrees(score, (0.6 + 0.954365079 + 0.493670886) / 3, within: 1e-9))
    }

    @Test func undefinedValuesAreNil() {
        let constant = ConfusionMatrix(truth: [2, 2, 2], predicted: [2, 2, 2], classes: 5)
        for weights in KappaWeights.allCases {
            #expect(constant.kappa(weights) == nil)
        }
        #expect(constant.matthewsCorrelation == nil)
        #expect(constant.balancedAccuracy == 1)
        let empty = ConfusionMatrix(classes: 3)
        #expect(empty.accuracy == nil)
        #expect(empty.kappa(.quadratic) == nil)
        #expect(empty.macro() == nil)
        #expect(empty.weighted == nil)
        #expect(empty.balancedAccuracy == nil)
        let areas = OneVsRestAuroc(probabilities: [[0.2, 0.8], [0.6, 0.4]], truth: [1, 1], classes: 2)
        #expect(areas.macro == nil)
        #expect(areas.undefinedClasses == [0, 1])
        #expect(retfoundScore(macroF1: 1, macroAuroc: nil, kappa: 1) == nil)
    }

    @Test func matricesAdd() {
        let first = ConfusionMatrix(truth: [0, 1], predicted: [1, 1], classes: 2)
        let second = ConfusionMatrix(truth: [0], predicted: [0], classes: 2)
        #expect((first + second).rows == [[1, 1], [0, 1]])
        #expect((first + second).rowShares == [[0.5, 0.5], [0, 1]])
    }
}
