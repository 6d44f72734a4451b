import Metrics
import Testing

@Suite struct SegmentationSummaryTests {
    private func scores(_ rule: EmptyMaskRule) throws -> [SegmentationScores] {
        try SegmentationProblem.load().cases.map {
            try SegmentationScores(prediction: try $0.prediction.mask(), truth: try $0.truth.mask(), rule: rule)
        }
    }

    @Test func summaryEqualsNumpy() throws {
        let expected = try SegmentationProblem.load().summary
        let summary = try SegmentationSummary(try self.scores(.calculateMetrics), spread: .sample)
        for (column, metric) in SegmentationMetric.table.enumerated() {
            let found = summary[metric]
            let values = [found.mean, found.standardDeviation, found.minimum, found.maximum, found.median]
            for (row, value) in values.enumerated() {
                #expect(agreesOrInfinite(value, expected.rows[row][column].value), "\(metric.rawValue) \(row)")
            }
            #expect(found.undefined == expected.undefined[column], "\(metric.rawValue)")
            #expect(found.count + found.undefined == 18)
        }
        #expect(summary.images == 18)
        #expect(summary.text.contains(EmptyMaskRule.calculateMetrics.text))
        #expect(summary.text.contains("over n - 1"))
        #expect(summary.text.contains("Relative_Volume_Diff      inf"))
        #expect(!summary.text.contains("nan"))
    }

    @Test func evaluatorSpreadsOverN() throws {
        let scores = try self.scores(.evaluator())
        let values = scores.compactMap { $0[.hausdorff95] }
        let summary = try SegmentationSummary(scores, spread: .population)
        let mean = values.reduce(0, +) / 18
        #expect(summary[.hausdorff95].undefined == 0)
        #expect(agrees(summary[.hausdorff95].mean, mean))
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 18
        #expect(agrees(summary[.hausdorff95].standardDeviation, variance.squareRoot()))
        #expect(MetricSummary([2], spread: .sample).standardDeviation == nil)
        #expect(MetricSummary([2], spread: .population).standardDeviation == 0)
        #expect(MetricSummary([nil, nil], spread: .population).mean == nil)
        #expect(MetricSummary([1, 4, nil, 2], spread: .sample).median == 2)
    }

    @Test func rulesDoNotMix() throws {
        let mixed = [try self.scores(.calculateMetrics)[0], try self.scores(.evaluator())[0]]
        let error = #expect(throws: MetricError.self) { try SegmentationSummary(mixed, spread: .sample) }
        #expect(error?.code == .setting)
        #expect(throws: MetricError.self) { try SegmentationSummary([], spread: .sample) }
    }

    @Test func classesEqualMedpyAndNumpy() throws {
        let expected = try SegmentationProblem.load().multiclass
        var report = try MulticlassSegmentation(classes: 4, rule: .evaluator())
        for image in expected.images {
            try report.add(
                prediction: try LabelMap(width: expected.width, height: expected.height, labels: image.prediction),
                truth: try LabelMap(width: expected.width, height: expected.height, labels: image.truth))
        }
        #expect(report.scores.count == 3)
        for (index, name) in expected.metrics.enumerated() {
            let metric = try #require(SegmentationMetric(rawValue: name))
            let tolerance = metric == .specificity ? 1e-7 : 1e-9
            let classes = expected.classMeans.map { $0[index].value }
            #expect(agrees(report.classMeans(metric), classes, within: tolerance), "\(name)")
            #expect(agrees(report.mean(metric), expected.means[index], within: tolerance), "\(name)")
            #expect(agrees(report.standardDeviation(metric), expected.deviations[index], within: tolerance), "\(name)")
        }
        // Class 3 is in one picture only: absent twice, missed once.
        #expect(report.scores.map { $0[3][.dice] } == [1, 0, 1])
        #expect(report.scores.map { $0[3][.hausdorff95] } == [nil, 224, nil])
        #expect(report.text.contains("a class in neither map: Dice and IoU 1"))
        let wrong = try LabelMap(width: 1, height: 1, labels: [4])
        #expect(throws: MetricError.self) { try report.add(prediction: wrong, truth: wrong) }
        let (narrow, wide) = (
            try LabelMap(width: 1, height: 2, labels: [0, 1]), try LabelMap(width: 2, height: 1, labels: [0, 1])
        )
        #expect(throws: MetricError.self) { try report.add(prediction: narrow, truth: wide) }
        #expect(throws: MetricError.self) { try MulticlassSegmentation(classes: 1, rule: .evaluator()) }
        #expect(report.scores.count == 3)
    }

    @Test func pixelCalibration() throws {
        let expected = try SegmentationProblem.load().calibration
        var calibration = PixelCalibration()
        #expect(calibration.expectedError == nil)
        for picture in expected.pictures {
            try calibration.add(probabilities: picture.probabilities, truth: try picture.truth.mask())
        }
        #expect(agrees(calibration.expectedError, expected.error))
        #expect(calibration.pixels == 360)
        // A probability of 0 is in no bin: even a wrong one adds nothing.
        var zeros = PixelCalibration()
        try zeros.add(probabilities: [0, 1], truth: try BinaryMask(width: 2, height: 1, pixels: [true, true]))
        #expect(zeros.expectedError == 0)
        #expect(throws: MetricError.self) {
            try zeros.add(probabilities: [0, 2], truth: try BinaryMask(width: 2, height: 1, pixels: [true, true]))
        }
        #expect(throws: MetricError.self) {
            try zeros.add(probabilities: [0], truth: try BinaryMask(width: 2, height: 1, pixels: [true, true]))
        }
    }
}
