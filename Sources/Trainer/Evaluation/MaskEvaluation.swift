import Foundation
import Graph
package import Imaging
package import Metrics
package import Pipelines
package import Runtime

/// A segmentation network's answers on pictures with masks, judged at each picture's own size.
package struct MaskEvaluation: Sendable {
    /// One picture's figures.
    package struct Row: Sendable {
        package let id: String
        /// Pixels of the class in the truth and in the answer.
        package let truth: Int
        package let answer: Int
        package let scores: SegmentationScores
    }

    package private(set) var rows: [Row] = []

    /// Runs the network on all pictures in their order. `each` hears of every picture with its truth and its answer.
    package init(
        _ pictures: MaskedPictures, _ task: SegmentationTask, _ evaluator: Evaluator, on thread: ComputeThread, prefetch: Int,
        each: (Int, Image, Mask, SegmentedClass) throws -> Void
    ) async throws {
        let loader = MaskBatchLoader(evaluating: pictures, batchSize: evaluator.batchSize)
        let area = task.preprocessing.height * task.preprocessing.width
        var rows: [Row] = []
        try await evaluator.visit(loader, on: thread, prefetch: prefetch) { batch, answer in
            let logits = answer.output.array(of: Float.self)
            for (position, index) in batch.rows.enumerated() {
                let (image, mask) = try pictures.original(index)
                let answer = task.masks(
                    logits: Array(logits[(position * area)..<((position + 1) * area)]), seen: task.view(of: image),
                    width: image.width, height: image.height)[0]
                let truth = try BinaryMask(width: mask.width, height: mask.height, pixels: mask.values.map { $0 > 0 })
                let given = try BinaryMask(width: image.width, height: image.height, pixels: answer.pixels)
                let diagonal = Double(image.width * image.width + image.height * image.height).squareRoot()
                let scores = try SegmentationScores(
                    prediction: given, truth: truth, rule: .evaluator(pictureSize: diagonal.rounded()))
                rows.append(Row(id: pictures.rows[index].id, truth: truth.area, answer: answer.area, scores: scores))
                try each(index, image, mask, answer)
            }
        }
        self.rows = rows
    }

    /// The figures for a person: of the pictures whose mask is not empty, and how the others were answered.
    package var text: String {
        let full = self.rows.filter { $0.truth > 0 }
        let empty = self.rows.filter { $0.truth == 0 }
        func line(_ name: String, _ metric: SegmentationMetric) -> String {
            let summary = MetricSummary(full.map { $0.scores[metric] }, spread: .population)
            guard let mean = summary.mean, let median = summary.median else { return "\(name) undefined" }
            let deviation = summary.standardDeviation ?? 0
            return String(format: "\(name) %.4f  (median %.4f, deviation %.4f)", mean, median, deviation)
        }
        var lines = [
            "pictures           \(self.rows.count), of which \(empty.count) have an empty mask",
            "of \(full.count) with a mask, each at its own size:",
            line("  Dice            ", .dice), line("  IoU             ", .iou), line("  HD95 (pixels)   ", .hausdorff95),
            "  an empty answer has Dice 0, IoU 0 and the picture's diagonal as HD95",
        ]
        if !empty.isEmpty {
            lines.append("empty masks answered empty: \(empty.count { $0.answer == 0 }) of \(empty.count)")
        }
        return lines.joined(separator: "\n")
    }

    /// One line for each picture.
    package var csv: String {
        func number(_ value: Double?) -> String { value.map { String(format: "%.9g", $0) } ?? "" }
        let lines = self.rows.map { row in
            [
                row.id, String(row.truth), String(row.answer), number(row.scores[.dice]), number(row.scores[.iou]),
                number(row.scores[.hausdorff95]),
            ].joined(separator: ",")
        }
        return (["id_code,truth_pixels,answer_pixels,dice,iou,hd95"] + lines).joined(separator: "\n") + "\n"
    }
}
