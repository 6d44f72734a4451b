/// A figure of one predicted mask. The raw value is the column of tables.
package enum SegmentationMetric: String, Sendable, Hashable, CaseIterable {
    /// 2|A ∩ B| / (|A| + |B|).
    case dice = "Dice"
    /// |A ∩ B| / |A ∪ B|.
    case iou = "IoU"
    case sensitivity = "Sensitivity"
    case specificity = "Specificity"
    case precision = "Precision"
    /// The sensitivity under its other name.
    case recall = "Recall"
    /// The harmonic mean of precision and recall; 0 where both are.
    case f1 = "F1"
    /// The share of pixels that are right.
    case accuracy = "Accuracy"
    /// The mean of sensitivity and specificity.
    case balancedAccuracy = "Balanced_Accuracy"
    /// Largest distance between the outlines.
    case hausdorff = "HD"
    /// 95th percentile of the distances of both directions together.
    case hausdorff95 = "HD95"
    /// Mean of the two directed mean distances between the outlines.
    case averageSurfaceDistance = "ASD"
    /// 1 − |A − B| / (A + B) of the areas; 1 where both are empty.
    case volumeSimilarity = "Volume_Similarity"
    /// (A − B) / B of the areas, B the truth's: 0 where both are empty, infinite where only the truth is.
    case relativeVolumeDifference = "Relative_Volume_Diff"
    /// Matthews correlation; 0 where the truth or the prediction has one value only.
    case matthewsCorrelation = "MCC"
    /// Cohen's kappa; 1 where truth and prediction have one and the same value only.
    case cohenKappa = "Cohen_Kappa"
    /// 1 − specificity.
    case falsePositiveRate = "FPR"
    /// 1 − sensitivity.
    case falseNegativeRate = "FNR"
    /// F1 of the outlines with a tolerance.
    case boundaryF = "BFScore"

    /// The 18 columns of `calculate_metrics`, in its order.
    package static let table = allCases.filter { $0 != .boundaryF }
}
