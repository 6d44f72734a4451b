/// What a figure is where its definition divides by nothing: empty masks, masks that fill the picture. No figure of a segmentation
/// is printed without it. Nil means undefined: the figure is left out of means and counted as such.
package struct EmptyMaskRule: Sendable, Hashable {
    package let name: String
    /// Dice where prediction and truth are empty.
    package var dice: Double?
    /// Intersection over union where both are empty.
    package var iou: Double?
    /// Sensitivity where the truth is empty.
    package var sensitivity: Double?
    /// Specificity where the truth fills the picture.
    package var specificity: Double?
    /// Precision where the prediction is empty.
    package var precision: Double?
    /// HD, HD95 and ASD where both are empty.
    package var distance: Double?
    /// HD, HD95 and ASD where exactly one is empty.
    package var distanceToNothing: Double?
    /// The boundary score where both are empty.
    package var boundaryF: Double?
    /// The boundary score where exactly one is empty.
    package var boundaryFToNothing: Double?

    package init(
        name: String, dice: Double?, iou: Double?, sensitivity: Double?, specificity: Double?, precision: Double?,
        distance: Double?, distanceToNothing: Double?, boundaryF: Double?, boundaryFToNothing: Double?
    ) {
        self.name = name
        self.dice = dice
        self.iou = iou
        self.sensitivity = sensitivity
        self.specificity = specificity
        self.precision = precision
        self.distance = distance
        self.distanceToNothing = distanceToNothing
        self.boundaryF = boundaryF
        self.boundaryFToNothing = boundaryFToNothing
    }

    /// The rules of the evaluator that runs while training: what medpy answers, and the picture's size as the distance to nothing.
    package static func evaluator(pictureSize: Double = 224) -> EmptyMaskRule {
        EmptyMaskRule(
            name: "evaluator", dice: 0, iou: 1, sensitivity: 0, specificity: 0, precision: 0, distance: 0,
            distanceToNothing: pictureSize, boundaryF: 1, boundaryFToNothing: 0)
    }

    /// The rules of the table over two folders of masks (`calculate_metrics`).
    package static let calculateMetrics = EmptyMaskRule(
        name: "calculate_metrics", dice: 1, iou: 1, sensitivity: 1, specificity: 1, precision: 1, distance: 0,
        distanceToNothing: nil, boundaryF: 1, boundaryFToNothing: 0)

    /// One line for reports.
    package var text: String {
        func value(_ number: Double?) -> String {
            guard let number else { return "left out" }
            return number == number.rounded() ? fixed(number, decimals: 0) : fixed(number)
        }
        return [
            "empty masks (\(self.name)): both empty: Dice \(value(self.dice)), IoU \(value(self.iou)), "
                + "HD, HD95 and ASD \(value(self.distance)), BFScore \(value(self.boundaryF))",
            "one empty: HD, HD95 and ASD \(value(self.distanceToNothing)), BFScore \(value(self.boundaryFToNothing))",
            "empty truth: sensitivity \(value(self.sensitivity))", "empty prediction: precision \(value(self.precision))",
            "truth everywhere: specificity \(value(self.specificity))",
        ].joined(separator: "; ")
    }
}
