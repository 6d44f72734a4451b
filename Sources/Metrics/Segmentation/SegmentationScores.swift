/// The figures of one predicted mask against its truth, with the rules for what they are where they are not defined.
package struct SegmentationScores: Sendable, Equatable {
    /// Pixels.
    package let counts: Detection
    package let rule: EmptyMaskRule
    package let spacing: PixelSpacing
    /// Outlines nearer than this agree, in units of `spacing`.
    package let boundaryTolerance: Double
    private let values: [SegmentationMetric: Double]

    package static let usualBoundaryTolerance = 2.0

    /// Masks of different size are refused.
    package init(
        prediction: BinaryMask, truth: BinaryMask, rule: EmptyMaskRule, spacing: PixelSpacing = .pixels,
        boundaryTolerance: Double = usualBoundaryTolerance
    ) throws(MetricError) {
        guard boundaryTolerance > 0 else {
            throw MetricError(.setting, "boundary tolerance", "\(boundaryTolerance); must be above 0")
        }
        let surfaces = try SurfaceDistances(prediction: prediction, truth: truth, spacing: spacing)
        let counts = Detection(prediction: prediction, truth: truth)
        self.counts = counts
        self.rule = rule
        self.spacing = spacing
        self.boundaryTolerance = boundaryTolerance
        var values = overlapValues(counts, rule)
        let bothEmpty = counts.answered == 0 && counts.ill == 0
        let missing = bothEmpty ? rule.distance : rule.distanceToNothing
        values[.hausdorff] = surfaces?.hausdorff ?? missing
        values[.hausdorff95] = surfaces?.hausdorff95 ?? missing
        values[.averageSurfaceDistance] = surfaces?.averageSurfaceDistance ?? missing
        values[.boundaryF] =
            surfaces?.boundaryF(nearerThan: boundaryTolerance) ?? (bothEmpty ? rule.boundaryF : rule.boundaryFToNothing)
        self.values = values
    }

    /// Overlap of a class that is in neither mask of a multiclass picture: right, and nothing else can be said.
    static func absent(pixels: Int, rule: EmptyMaskRule) -> SegmentationScores {
        SegmentationScores(pixels: pixels, rule: rule)
    }

    private init(pixels: Int, rule: EmptyMaskRule) {
        self.counts = Detection(truePositives: 0, falseNegatives: 0, trueNegatives: pixels, falsePositives: 0)
        self.rule = rule
        self.spacing = .pixels
        self.boundaryTolerance = Self.usualBoundaryTolerance
        self.values = [.dice: 1, .iou: 1]
    }

    /// Nil where the figure is undefined by the rule.
    package subscript(_ metric: SegmentationMetric) -> Double? { self.values[metric] }
}

extension Detection {
    /// Counts the pixels of two masks of one size.
    init(prediction: BinaryMask, truth: BinaryMask) {
        var (hit, miss, quiet, alarm) = (0, 0, 0, 0)
        for (answer, expected) in zip(prediction.pixels, truth.pixels) {
            switch (expected, answer) {
            case (true, true): hit += 1
            case (true, false): miss += 1
            case (false, false): quiet += 1
            case (false, true): alarm += 1
            }
        }
        self.init(truePositives: hit, falseNegatives: miss, trueNegatives: quiet, falsePositives: alarm)
    }

    /// Cases answered with yes.
    fileprivate var answered: Int { self.truePositives + self.falsePositives }
    /// Cases whose truth is yes.
    fileprivate var ill: Int { self.truePositives + self.falseNegatives }
}

/// The figures that need no distances.
private func overlapValues(_ counts: Detection, _ rule: EmptyMaskRule) -> [SegmentationMetric: Double] {
    let (hit, miss) = (Double(counts.truePositives), Double(counts.falseNegatives))
    let (quiet, alarm) = (Double(counts.trueNegatives), Double(counts.falsePositives))
    let total = hit + miss + quiet + alarm
    let (answered, ill) = (hit + alarm, hit + miss)
    let union = hit + miss + alarm
    let sensitivity = counts.sensitivity ?? rule.sensitivity
    let specificity = counts.specificity ?? rule.specificity
    let precision = counts.positivePredictiveValue ?? rule.precision
    var values: [SegmentationMetric: Double] = [:]
    values[.dice] = union > 0 ? 2 * hit / (answered + ill) : rule.dice
    values[.iou] = union > 0 ? hit / union : rule.iou
    values[.sensitivity] = sensitivity
    values[.specificity] = specificity
    values[.precision] = precision
    values[.recall] = sensitivity
    values[.accuracy] = (hit + quiet) / total
    values[.volumeSimilarity] = union > 0 ? 1 - abs(answered - ill) / (answered + ill) : 1
    values[.relativeVolumeDifference] = ill > 0 ? (answered - ill) / ill : (answered > 0 ? .infinity : 0)
    if let sensitivity { values[.falseNegativeRate] = 1 - sensitivity }
    if let specificity { values[.falsePositiveRate] = 1 - specificity }
    if let sensitivity, let specificity { values[.balancedAccuracy] = (sensitivity + specificity) / 2 }
    if let sensitivity, let precision {
        values[.f1] = sensitivity + precision > 0 ? 2 * sensitivity * precision / (sensitivity + precision) : 0
    }
    let matrix = ConfusionMatrix(counts)
    values[.matthewsCorrelation] = matrix.matthewsCorrelation ?? 0
    values[.cohenKappa] = matrix.kappa(.plain) ?? 1
    return values
}

extension ConfusionMatrix {
    /// Class 1 is yes.
    fileprivate init(_ counts: Detection) {
        self.init(classes: 2)
        self.add(truth: 1, predicted: 1, times: counts.truePositives)
        self.add(truth: 1, predicted: 0, times: counts.falseNegatives)
        self.add(truth: 0, predicted: 0, times: counts.trueNegatives)
        self.add(truth: 0, predicted: 1, times: counts.falsePositives)
    }
}
