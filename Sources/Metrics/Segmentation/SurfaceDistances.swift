/// The distances between the outlines of two masks, neither of which is empty: from every surface pixel of one to the nearest
/// surface pixel of the other.
package struct SurfaceDistances: Sendable, Hashable {
    /// How the two directions become one percentile.
    package enum Combination: String, Sendable, Hashable, CaseIterable {
        /// Of all distances of both directions together (medpy).
        case pooled
        /// The larger of the two directions' percentiles (MONAI).
        case larger
    }

    /// Of each surface pixel of the prediction.
    package let fromPrediction: [Double]
    /// Of each surface pixel of the truth.
    package let fromTruth: [Double]

    /// Nil where a mask is empty. Costs time in proportion to the smallest rectangle around both masks.
    package init?(prediction: BinaryMask, truth: BinaryMask, spacing: PixelSpacing = .pixels) throws(MetricError) {
        try truth.checkSize(of: prediction, "masks")
        guard let box = PixelBox(prediction, truth), !prediction.isEmpty, !truth.isEmpty else { return nil }
        let outlines = (box.crop(prediction.surface), box.crop(truth.surface))
        func distances(from first: [Bool], to second: [Bool]) -> [Double] {
            let squares = squaredDistances(to: second, width: box.width, height: box.height, spacing: spacing)
            return zip(first, squares).filter(\.0).map { $0.1.squareRoot() }
        }
        self.fromPrediction = distances(from: outlines.0, to: outlines.1)
        self.fromTruth = distances(from: outlines.1, to: outlines.0)
    }

    /// The Hausdorff distance: the largest of all.
    package var hausdorff: Double { max(self.fromPrediction.max() ?? 0, self.fromTruth.max() ?? 0) }

    /// The distance that `share` (0…1) of the surface pixels do not exceed, interpolated linearly between neighbours in order.
    package func hausdorff(share: Double, _ combination: Combination = .pooled) -> Double {
        switch combination {
        case .pooled: percentile(sorted: (self.fromPrediction + self.fromTruth).sorted(), share: share)
        case .larger:
            max(
                percentile(sorted: self.fromPrediction.sorted(), share: share),
                percentile(sorted: self.fromTruth.sorted(), share: share))
        }
    }

    /// HD95: the pooled 95th percentile.
    package var hausdorff95: Double { self.hausdorff(share: 0.95) }

    /// The mean distance of the prediction's outline to the truth's, and of the truth's to the prediction's.
    package var directedMeans: (fromPrediction: Double, fromTruth: Double) {
        (mean(self.fromPrediction), mean(self.fromTruth))
    }

    /// ASD: the mean of the two directed means.
    package var averageSurfaceDistance: Double {
        let means = self.directedMeans
        return (means.fromPrediction + means.fromTruth) / 2
    }

    /// The mean of all distances of both directions together (medpy's `assd`).
    package var pooledMean: Double { mean(self.fromPrediction + self.fromTruth) }

    /// F1 of the outlines: the shares of surface pixels that are nearer than `tolerance` to the other outline, as precision
    /// (the prediction's) and recall (the truth's); 0 where both are 0.
    package func boundaryF(nearerThan tolerance: Double) -> Double {
        func near(_ distances: [Double]) -> Double { Double(distances.count { $0 < tolerance }) / Double(distances.count) }
        let (precision, recall) = (near(self.fromPrediction), near(self.fromTruth))
        return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
    }
}

private func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
}

/// The smallest rectangle around the yes pixels of two masks: distances between them do not depend on what lies outside.
private struct PixelBox {
    private let rows: ClosedRange<Int>
    private let columns: ClosedRange<Int>

    var width: Int { self.columns.count }
    var height: Int { self.rows.count }

    init?(_ first: BinaryMask, _ second: BinaryMask) {
        var (top, bottom, left, right) = (Int.max, -1, Int.max, -1)
        for row in 0..<first.height {
            for column in 0..<first.width {
                let place = row * first.width + column
                guard first.pixels[place] || second.pixels[place] else { continue }
                top = min(top, row)
                bottom = row
                left = min(left, column)
                right = max(right, column)
            }
        }
        guard bottom >= 0 else { return nil }
        self.rows = top...bottom
        self.columns = left...right
    }

    /// The mask's pixels inside, row-major `[height, width]`.
    func crop(_ mask: BinaryMask) -> [Bool] {
        self.rows.flatMap { row in
            mask.pixels[row * mask.width + self.columns.lowerBound...row * mask.width + self.columns.upperBound]
        }
    }
}
