import Foundation
import Metrics

extension EvaluationReport {
    /// The figures as a table for a person.
    package var text: String {
        func number(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "undefined" }
        func interval(_ value: Interval?) -> String {
            value.map { String(format: "%.4f (95 %% %.4f-%.4f)", $0.value, $0.lower, $0.upper) } ?? "undefined"
        }
        var lines = [
            "pictures           \(self.images) of \(self.patients) patients",
            "loss               \(number(self.loss))",
            "accuracy           \(number(self.accuracy))\(self.accuracyInterval)",
            "balanced accuracy  \(number(self.balancedAccuracy))",
            "macro F1           \(number(self.macroF1))",
            "quadratic kappa    \(number(self.quadraticKappa))",
            "AUROC macro        \(number(self.macroAuroc))"
                + (self.undefinedAurocClasses.isEmpty
                    ? "" : "  (without classes \(self.undefinedAurocClasses): only one kind of label)"),
        ]
        for boundary in self.boundaries {
            lines.append(
                "\(boundary.name) (grade >= \(boundary.grade)): \(boundary.positives) positive, \(boundary.negatives) negative")
            lines.append("  AUROC            \(interval(boundary.auroc)), bootstrap over patients")
            lines.append("  sensitivity      \(interval(boundary.sensitivity)) at \(boundary.threshold)")
            lines.append("  specificity      \(interval(boundary.specificity))")
        }
        lines.append("confusion (rows: label, columns: answer)")
        let width = max(self.confusion.flatMap { $0 }.map { String($0).count }.max() ?? 1, 3) + 1
        for (name, row) in zip(self.classNames, self.confusion) {
            let cells = row.map { String(repeating: " ", count: width - String($0).count) + String($0) }.joined()
            lines.append("  \(name.padding(toLength: 18, withPad: " ", startingAt: 0))\(cells)")
        }
        return lines.joined(separator: "\n")
    }

    /// Wilson's interval of the accuracy as text; empty without pictures.
    private var accuracyInterval: String {
        let right = self.confusion.indices.reduce(0) { $0 + self.confusion[$1][$1] }
        guard let interval = wilsonInterval(successes: right, trials: self.images) else { return "" }
        return " (95 % \(fixed(interval.lower))-\(fixed(interval.upper)), Wilson over pictures)"
    }
}
