extension RankedScores {
    /// The variance of the ROC area after DeLong, DeLong and Clarke-Pearson (1988), by midranks (Sun and Xu 2014); nil
    /// with fewer than two cases of either truth. Cases are taken as independent: with two eyes of one patient use
    /// ``Bootstrap`` with groups.
    package var aurocVariance: Double? {
        var all = Array(repeating: 0.0, count: self.positive.count)
        var own = all
        var place = 0
        var positivesBelow = 0
        var negativesBelow = 0
        for end in self.tieEnds {
            let tie = self.order[place..<end]
            let positives = tie.count { self.positive[$0] }
            let negatives = tie.count - positives
            for number in tie {
                all[number] = midrank(below: positivesBelow + negativesBelow, ties: tie.count)
                own[number] =
                    self.positive[number]
                    ? midrank(below: positivesBelow, ties: positives) : midrank(below: negativesBelow, ties: negatives)
            }
            positivesBelow += positives
            negativesBelow += negatives
            place = end
        }
        guard positivesBelow > 1, negativesBelow > 1 else { return nil }
        let placements = self.positive.indices.map { number in
            (all[number] - own[number]) / Double(self.positive[number] ? negativesBelow : positivesBelow)
        }
        return sampleVariance(self.positive.indices.filter { self.positive[$0] }.map { placements[$0] })
            / Double(positivesBelow)
            + sampleVariance(self.positive.indices.filter { !self.positive[$0] }.map { placements[$0] })
            / Double(negativesBelow)
    }

    /// The 95 % interval of the ROC area by ``aurocVariance``, cut to 0…1.
    package var aurocInterval: ConfidenceInterval? {
        guard let area = self.auroc, let variance = self.aurocVariance else { return nil }
        let half = twoSided95 * variance.squareRoot()
        return ConfidenceInterval(lower: max(0, area - half), upper: min(1, area + half), level: 0.95)
    }
}

private func midrank(below: Int, ties: Int) -> Double {
    Double(below) + Double(ties + 1) / 2
}

private func sampleVariance(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
}
