/// The figures of label maps, class by class; class 0 is background.
package struct MulticlassSegmentation: Sendable, Equatable {
    package let classes: Int
    package let rule: EmptyMaskRule
    /// `[images][classes]`.
    package private(set) var scores: [[SegmentationScores]] = []

    package init(classes: Int, rule: EmptyMaskRule) throws(MetricError) {
        guard classes > 1 else { throw MetricError(.setting, "classes", "\(classes); a background and a class are needed") }
        self.classes = classes
        self.rule = rule
    }

    /// Judges one picture. A class that is in neither map has Dice and IoU 1 and no other figure.
    package mutating func add(prediction: LabelMap, truth: LabelMap) throws(MetricError) {
        let known = 0..<self.classes
        for (map, name) in [(prediction, "prediction"), (truth, "truth")] {
            if let bad = map.labels.firstIndex(where: { !known.contains($0) }) {
                throw MetricError(.value, name, "pixel \(bad) has class \(map.labels[bad]); classes are \(known)")
            }
        }
        var row: [SegmentationScores] = []
        for label in known {
            let masks = (prediction.mask(of: label), truth.mask(of: label))
            try masks.1.checkSize(of: masks.0, "masks")
            row.append(
                masks.0.isEmpty && masks.1.isEmpty
                    ? .absent(pixels: truth.labels.count, rule: self.rule)
                    : try SegmentationScores(prediction: masks.0, truth: masks.1, rule: self.rule))
        }
        self.scores.append(row)
    }

    /// The mean over pictures of each class; nil where it is undefined in all.
    package func classMeans(_ metric: SegmentationMetric) -> [Double?] {
        (0..<self.classes).map { label in MetricSummary(self.scores.map { $0[label][metric] }, spread: .population).mean }
    }

    /// The mean of the foreground's class means.
    package func mean(_ metric: SegmentationMetric) -> Double? {
        MetricSummary(Array(self.classMeans(metric).dropFirst()), spread: .population).mean
    }

    /// Over every picture and foreground class.
    package func standardDeviation(_ metric: SegmentationMetric) -> Double? {
        MetricSummary(self.scores.flatMap { $0.dropFirst().map { $0[metric] } }, spread: .population).standardDeviation
    }

    /// The figures for people.
    package var text: String {
        let classes = (0..<self.classes).map { $0 == 0 ? "background" : "class \($0)" }
        var rows = [["", "foreground", "std"] + classes]
        for metric in SegmentationMetric.allCases {
            let values = [self.mean(metric), self.standardDeviation(metric)] + self.classMeans(metric)
            rows.append([metric.rawValue] + values.map { fixed($0) })
        }
        let absent = "a class in neither map: Dice and IoU 1, other figures left out"
        return [counted(self.scores.count, "picture", "pictures"), textTable(rows), self.rule.text, absent].joined(
            separator: "\n")
    }
}
