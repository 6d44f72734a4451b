import Foundation
import Graph
import Imaging
import Metrics
import Pipelines
import Runtime
import Architectures

/// A model's figures on labelled pictures, and whether the training graph gives the same grades.
package struct PictureReport: Sendable, Codable, Hashable {
    package let images: Int
    package let accuracy: Double?
    package let quadraticKappa: Double?
    package let macroAuroc: Double?
    package let anyDiseaseAuroc: Double?
    /// Nil where the task knows no referable grades.
    package let referableAuroc: Double?
    package let referableSensitivity: Double?
    package let referableSpecificity: Double?
    /// Counts, true class by row, answered class by column.
    package let confusion: [[Int]]
    /// Pictures for which file and training graph give different grades.
    package let gradeDifferences: Int
    /// Largest difference of a picture's logits, relative to the largest |logit|.
    package let maxRelativeDifference: Double

    /// The same grades everywhere, and logits within the tolerance.
    package var status: ValidationStatus {
        self.gradeDifferences > 0 ? .fail : ValidationStatus(relativeDifference: self.maxRelativeDifference)
    }
}

extension PictureReport {
    /// Screens every picture of a table with the written file, with the training graph and, for `bfloat16`, in that precision.
    init(
        _ pictures: LabelledPictures, task: ScreeningTask, source: SourceNetwork, session: Session, bfloat16: BFloat16Comparison?,
        report: @Sendable (String) -> Void
    ) throws {
        let table = try LabelFile(path: pictures.table)
        let files = try Self.files(table, folder: pictures.folder, classes: task.classNames.count)
        let plan = try source.plan(batch: 1)
        var results: [ScreeningResult] = []
        var (differing, worst) = (0, 0.0)
        for (index, file) in files.enumerated() {
            let input = try Self.input(file, task.preprocessing)
            let expected = try plan.logits(input)
            guard let actual = try session.runAndWait([ModelRecipe.inputName: input])[ModelRecipe.outputName] else {
                throw ExportError(.invalidFile, ModelRecipe.outputName, "the written file has no such output")
            }
            worst = max(worst, TensorDifference(expected: expected, actual: actual).maxRelative)
            let result = task.result(logits: actual.array(of: Float.self))
            if result.grade != task.result(logits: expected.array(of: Float.self)).grade { differing += 1 }
            try bfloat16?.add(input, float32: result, task)
            results.append(result)
            if (index + 1).isMultiple(of: 100) { report("validated \(index + 1) of \(files.count) pictures") }
        }
        self.init(results, truth: table.rows.map(\.label), task: task, gradeDifferences: differing, maxRelativeDifference: worst)
    }

    private init(
        _ results: [ScreeningResult], truth: [Int], task: ScreeningTask, gradeDifferences: Int, maxRelativeDifference: Double
    ) {
        let classes = task.classNames.count
        let probabilities = results.map(\.probabilities)
        let matrix = ConfusionMatrix(truth: truth, predicted: results.map(\.grade), classes: classes)
        self.images = results.count
        self.accuracy = matrix.accuracy
        self.quadraticKappa = matrix.kappa(.quadratic)
        self.macroAuroc = OneVsRestAuroc(probabilities: probabilities, truth: truth, classes: classes).macro
        self.anyDiseaseAuroc = OrdinalThreshold.anyDisease.auroc(probabilities: probabilities, truth: truth)
        let referable = task.referableFrom.map { OrdinalThreshold(grade: $0) }
        self.referableAuroc = referable.flatMap { $0.auroc(probabilities: probabilities, truth: truth) }
        let detection = referable.map { boundary in
            Detection(
                scores: probabilities.map(boundary.score), positive: truth.map(boundary.isPositive),
                threshold: task.referableThreshold)
        }
        self.referableSensitivity = detection.flatMap(\.sensitivity)
        self.referableSpecificity = detection.flatMap(\.specificity)
        self.confusion = matrix.rows
        self.gradeDifferences = gradeDifferences
        self.maxRelativeDifference = maxRelativeDifference
    }

    /// The file of each row; the first that is missing is an error with its line.
    private static func files(_ table: LabelFile, folder: String, classes: Int) throws(ExportError) -> [String] {
        var files: [String] = []
        for row in table.rows {
            guard row.label < classes else {
                throw ExportError(.data, "\(table.name), line \(row.line), diagnosis", "is outside 0...\(classes - 1)")
            }
            guard !row.id.isEmpty, !row.id.hasPrefix("."), !row.id.contains("/"), !row.id.contains("\0") else {
                throw ExportError(.data, "\(table.name), line \(row.line), id_code", "is no plain name")
            }
            let candidates = ["png", "jpg", "jpeg", "JPG", "JPEG", "PNG"].map { "\(folder)/\(row.id).\($0)" }
            guard let file = candidates.first(where: FileManager.default.fileExists(atPath:)) else {
                throw ExportError(.data, "\(table.name), line \(row.line)", "there is no such picture (.png, .jpg, .jpeg)")
            }
            files.append(file)
        }
        return files
    }

    private static func input(_ file: String, _ preprocessing: Preprocessing) throws -> Tensor {
        let image = try Image.load(path: file)
        let tensor = Tensor(zeros: TensorType(.float32, [1, 3, preprocessing.height, preprocessing.width]))
        try tensor.withElements(as: Float.self) { elements in
            guard let start = elements.baseAddress else { return }
            try preprocessing.apply(image, into: start)
        }
        return tensor
    }
}
