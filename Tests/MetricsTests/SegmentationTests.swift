import Metrics
import Testing

@Suite struct SegmentationTests {
    private func scores(_ problem: SegmentationProblem.Case, _ rule: EmptyMaskRule) throws -> SegmentationScores {
        try SegmentationScores(prediction: try problem.prediction.mask(), truth: try problem.truth.mask(), rule: rule)
    }

    private func box(_ rows: ClosedRange<Int>, _ columns: ClosedRange<Int>, height: Int, width: Int) throws -> BinaryMask {
        let pixels = (0..<height * width).map { rows.contains($0 / width) && columns.contains($0 % width) }
        return try BinaryMask(width: width, height: height, pixels: pixels)
    }

    private func ellipse(_ shape: [Int]) throws -> BinaryMask {
        let (height, width, row, column, a, b) = (shape[0], shape[1], shape[2], shape[3], shape[4], shape[5])
        let pixels = (0..<height * width).map { place in
            let (y, x) = (place / width - row, place % width - column)
            return y * y * b * b + x * x * a * a <= a * a * b * b
        }
        return try BinaryMask(width: width, height: height, pixels: pixels)
    }

    @Test func tableEqualsAnIndependentTranscription() throws {
        let problem = try SegmentationProblem.load()
        #expect(problem.cases.count == 18)
        #expect(SegmentationMetric.table.map(\.rawValue) == problem.columns)
        for expected in problem.cases {
            let scores = try self.scores(expected, .calculateMetrics)
            for (metric, figure) in zip(SegmentationMetric.table, expected.table) {
                #expect(agreesOrInfinite(scores[metric], figure.value), "\(expected.name) \(metric.rawValue)")
            }
        }
    }

    @Test func evaluatorEqualsMedpyAndSciPy() throws {
        for expected in try SegmentationProblem.load().cases {
            let scores = try self.scores(expected, .evaluator())
            #expect(expected.evaluator.count == 7)
            for (name, value) in expected.evaluator {
                let metric = try #require(SegmentationMetric(rawValue: name))
                // The evaluator adds 1e-8 to the specificity's denominator.
                #expect(agrees(scores[metric], value, within: metric == .specificity ? 1e-7 : 1e-9), "\(expected.name) \(name)")
            }
        }
    }

    @Test func outlinesEqualMedpyAndMonai() throws {
        var compared = 0
        for expected in try SegmentationProblem.load().cases {
            let (prediction, truth) = (try expected.prediction.mask(), try expected.truth.mask())
            let surfaces = try SurfaceDistances(prediction: prediction, truth: truth)
            #expect((surfaces == nil) == (expected.libraries == nil), "\(expected.name)")
            guard let surfaces, let libraries = expected.libraries else { continue }
            let spacing = try PixelSpacing(row: 0.7, column: 1.3)
            let spaced = try #require(try SurfaceDistances(prediction: prediction, truth: truth, spacing: spacing))
            let found = [
                "HD": surfaces.hausdorff, "HD95": surfaces.hausdorff95, "fromPrediction": surfaces.directedMeans.fromPrediction,
                "fromTruth": surfaces.directedMeans.fromTruth, "assd": surfaces.pooledMean, "spacedHD": spaced.hausdorff,
                "spacedHD95": spaced.hausdorff95, "spacedAssd": spaced.pooledMean, "monaiHD": surfaces.hausdorff,
                "monaiHD95": surfaces.hausdorff(share: 0.95, .larger), "monaiASD": surfaces.pooledMean,
            ]
            for (name, value) in found {
                // MONAI computes in float32.
                let tolerance = name.hasPrefix("monai") ? 1e-6 * max(1, value) : 1e-9
                #expect(agrees(value, libraries[name], within: tolerance), "\(expected.name) \(name)")
            }
            let scores = try self.scores(expected, .calculateMetrics)
            for metric in SegmentationMetric.table {
                guard let value = libraries[metric.rawValue] else { continue }
                #expect(agrees(scores[metric], value), "\(expected.name) \(metric.rawValue)")
            }
            compared += 1
        }
        #expect(compared == 15)
    }

    @Test func publishedExample() throws {
        let expected = try #require(try SegmentationProblem.load().cases.first { $0.name == "specification" })
        let scores = try self.scores(expected, .calculateMetrics)
        let values: [SegmentationMetric: Double] = [
            .dice: 0.632911392, .iou: 0.462962963, .hausdorff: 3.162277660, .hausdorff95: 2, .averageSurfaceDistance: 1.167033246,
            .sensitivity: 0.595238095, .specificity: 0.882352941, .precision: 0.675675676, .accuracy: 0.798611111,
            .balancedAccuracy: 0.738795518, .volumeSimilarity: 0.936708861, .relativeVolumeDifference: -0.119047619,
            .matthewsCorrelation: 0.496807504, .cohenKappa: 0.494920174, .falsePositiveRate: 0.117647059,
            .falseNegativeRate: 0.404761905, .boundaryF: 0.786885246,
        ]
        for (metric, value) in values {
            #expect(agrees(scores[metric], value, within: 1e-9), "\(metric.rawValue)")
        }
        #expect(scores.counts.truePositives == 25)
    }

    @Test func largeMasksEqualMedpy() throws {
        let large = try SegmentationProblem.load().large
        let (prediction, truth) = (try self.ellipse(large.prediction), try self.ellipse(large.truth))
        let scores = try SegmentationScores(prediction: prediction, truth: truth, rule: .evaluator())
        let surfaces = try #require(try SurfaceDistances(prediction: prediction, truth: truth))
        #expect(agrees(scores[.dice], large.Dice))
        #expect(agrees(scores[.hausdorff], large.HD))
        #expect(agrees(scores[.hausdorff95], large.HD95))
        #expect(agrees(scores[.boundaryF], large.BFScore))
        #expect(agrees(surfaces.directedMeans.fromPrediction, large.fromPrediction))
        #expect(agrees(surfaces.directedMeans.fromTruth, large.fromTruth))
    }

    @Test func distancesEqualSciPy() throws {
        let transforms = try SegmentationProblem.load().transforms
        #expect(transforms.count == 4)
        for expected in transforms {
            let marks = try expected.marks.mask()
            let spacing = try PixelSpacing(row: expected.spacing[0], column: expected.spacing[1])
            let squares = squaredDistances(to: marks.pixels, width: marks.width, height: marks.height, spacing: spacing)
            #expect(agrees(squares.map { $0.squareRoot() }, expected.distances), "\(marks.width) x \(marks.height)")
        }
    }

    @Test func distancesEqualAllPairs() throws {
        var random = SplitMix64(seed: 12)
        for (width, height) in [(1, 1), (1, 20), (20, 1), (17, 23), (30, 8)] {
            for density in [1, 5, 40] {
                let marks = (0..<width * height).map { _ in random.below(density) == 0 }
                let found = squaredDistances(to: marks, width: width, height: height)
                for place in marks.indices {
                    let nearest = marks.indices.filter { marks[$0] }.map { other in
                        let (y, x) = (place / width - other / width, place % width - other % width)
                        return Double(y * y + x * x)
                    }.min()
                    #expect(found[place] == nearest ?? .infinity)
                }
            }
        }
    }

    @Test func emptyMasksFollowTheirRule() throws {
        let empty = try BinaryMask(width: 4, height: 3, pixels: Array(repeating: false, count: 12))
        let some = try self.box(0...1, 1...2, height: 3, width: 4)
        let full = try self.box(0...2, 0...3, height: 3, width: 4)
        func row(_ prediction: BinaryMask, _ truth: BinaryMask, _ rule: EmptyMaskRule) throws -> [Double?] {
            let scores = try SegmentationScores(prediction: prediction, truth: truth, rule: rule)
            let metrics: [SegmentationMetric] = [.dice, .iou, .sensitivity, .specificity, .precision, .hausdorff95, .boundaryF]
            return metrics.map { scores[$0] }
        }
        #expect(try row(empty, empty, .evaluator()) == [0, 1, 0, 1, 0, 0, 1])
        #expect(try row(empty, some, .evaluator()) == [0, 0, 0, 1, 0, 224, 0])
        #expect(try row(some, empty, .evaluator()) == [0, 0, 0, 8.0 / 12, 0, 224, 0])
        #expect(try row(some, empty, .evaluator(pictureSize: 512))[5] == 512)
        #expect(try row(full, full, .evaluator()) == [1, 1, 1, 0, 1, 0, 1])
        #expect(try row(empty, empty, .calculateMetrics) == [1, 1, 1, 1, 1, 0, 1])
        #expect(try row(empty, some, .calculateMetrics) == [0, 0, 0, 1, 1, nil, 0])
        #expect(try row(some, empty, .calculateMetrics) == [0, 0, 1, 8.0 / 12, 0, nil, 0])
        #expect(try row(full, full, .calculateMetrics) == [1, 1, 1, 1, 1, 0, 1])
        var own = EmptyMaskRule.calculateMetrics
        own.dice = nil
        #expect(try row(empty, empty, own)[0] == nil)
        #expect(EmptyMaskRule.evaluator().text.contains("both empty: Dice 0, IoU 1, HD, HD95 and ASD 0, BFScore 1"))
        #expect(EmptyMaskRule.evaluator().text.contains("one empty: HD, HD95 and ASD 224"))
        #expect(EmptyMaskRule.calculateMetrics.text.contains("one empty: HD, HD95 and ASD left out"))
        #expect(own.text.contains("Dice left out"))
    }

    @Test func perfectAndSymmetric() throws {
        for problem in try SegmentationProblem.load().cases where problem.libraries != nil {
            let (prediction, truth) = (try problem.prediction.mask(), try problem.truth.mask())
            let same = try SegmentationScores(prediction: truth, truth: truth, rule: .calculateMetrics)
            #expect(same[.dice] == 1 && same[.iou] == 1 && same[.f1] == 1 && same[.boundaryF] == 1, "\(problem.name)")
            #expect(same[.hausdorff] == 0 && same[.hausdorff95] == 0 && same[.averageSurfaceDistance] == 0, "\(problem.name)")
            let there = try SegmentationScores(prediction: prediction, truth: truth, rule: .calculateMetrics)
            let back = try SegmentationScores(prediction: truth, truth: prediction, rule: .calculateMetrics)
            for metric in [SegmentationMetric.dice, .iou, .hausdorff, .hausdorff95, .averageSurfaceDistance, .cohenKappa] {
                #expect(agrees(there[metric], back[metric]), "\(problem.name) \(metric.rawValue)")
            }
            #expect(there[.sensitivity] == back[.precision], "\(problem.name)")
        }
    }

    @Test func surfacesAtTheBorderAreOutlines() throws {
        let full = try self.box(0...3, 0...4, height: 4, width: 5)
        #expect(full.surface.area == 14)
        #expect(try self.box(1...3, 1...4, height: 5, width: 6).surface.area == 10)
        #expect(try self.box(2...2, 2...2, height: 5, width: 5).surface.area == 1)
        // One pixel of difference at the picture's edge.
        let cut = try self.box(0...3, 0...3, height: 4, width: 5)
        #expect(try SurfaceDistances(prediction: full, truth: cut)?.hausdorff == 1)
    }

    @Test func toleranceIsStrict() throws {
        let (first, second) = (try self.box(3...3, 0...9, height: 9, width: 10), try self.box(5...5, 0...9, height: 9, width: 10))
        func score(_ tolerance: Double) throws -> Double? {
            try SegmentationScores(prediction: first, truth: second, rule: .evaluator(), boundaryTolerance: tolerance)[.boundaryF]
        }
        #expect(try score(2) == 0)
        #expect(try score(2.001) == 1)
        #expect(throws: MetricError.self) { try score(0) }
    }

    @Test func badInputIsRefused() throws {
        let small = try self.box(0...0, 0...0, height: 2, width: 2)
        let large = try self.box(0...0, 0...0, height: 2, width: 3)
        let error = #expect(throws: MetricError.self) {
            try SegmentationScores(prediction: small, truth: large, rule: .calculateMetrics)
        }
        #expect(error?.code == .size)
        #expect(error?.message.contains("2 x 2") == true)
        #expect(throws: MetricError.self) { try BinaryMask(width: 0, height: 3, pixels: []) }
        #expect(throws: MetricError.self) { try BinaryMask(width: 2, height: 2, pixels: [true]) }
        #expect(throws: MetricError.self) { try BinaryMask(width: .max, height: 2, pixels: [true]) }
        #expect(throws: MetricError.self) { try BinaryMask(width: 1, height: 1, probabilities: [.nan]) }
        #expect(throws: MetricError.self) { try PixelSpacing(row: 0, column: 1) }
        #expect(throws: MetricError.self) { try PixelSpacing(row: 1, column: .infinity) }
        #expect(throws: MetricError.self) { try PixelSpacing(row: 1e-200, column: 1) }
        #expect(try BinaryMask(width: 3, height: 1, values: [127, 128, 255]).pixels == [false, true, true])
        #expect(try BinaryMask(width: 2, height: 1, probabilities: [0.5, 0.50001]).pixels == [false, true])
    }
}
