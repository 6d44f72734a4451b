package import Graph
package import Pipelines
import Architectures
import Checkpoints
import Foundation
import Imaging
import OnnxFormat
import Runtime

/// Turns a trained network into a model package: ONNX file, weights and card.
package struct ModelExporter: Sendable {
    package var source: ExportSource
    package var options: ExportOptions
    /// Measures a written file; in this process unless a program does it in one of its own, where memory is the model's.
    package var measure: @Sendable (_ path: String, _ benchmark: Benchmark) throws(ExportError) -> BenchmarkResult
    /// Hears of each step.
    package var report: @Sendable (String) -> Void
    /// Changes the weights after they were merged and checked; for tests of the validation.
    package var tamper: (@Sendable (inout [String: Tensor]) -> Void)?

    package init(_ source: ExportSource, _ options: ExportOptions) {
        self.source = source
        self.options = options
        self.measure = { (path, benchmark) throws(ExportError) in try benchmark.measure(path) }
        self.report = { _ in }
    }

    /// Writes the package, or throws with nothing left behind. When validation fails nothing is installed, and the
    /// report lies beside the place.
    package func run() throws(ExportError) -> ExportResult {
        do {
            let thread = try ComputeThread(threads: self.options.threads)
            return try thread.runAndWait { try self.export() }
        } catch {
            throw ExportError(error)
        }
    }
}

/// How an export ended.
package struct ExportResult: Sendable {
    package let place: PackagePlace
    /// False when validation failed.
    package let isInstalled: Bool
    package let validation: ValidationReport?
    /// Where the report is, inside the package or beside its place.
    package let reportPath: String?
    package let benchmark: BenchmarkResult?
    /// Nil when nothing was installed.
    package let card: ModelCard?
}

extension ModelExporter {
    /// A network that is ready to be written.
    private struct Prepared {
        let size: ImageSize
        let task: ModelTask
        /// With adapters, as the trainer has it.
        let network: SourceNetwork
        let merge: MergeCheck?
        let graph: Graph
        let metadata: [String: String]
    }

    private func export() throws -> ExportResult {
        FileWriter.makeSizeLimitAnError()
        guard ExportOptions.opsets.contains(self.options.opset) else {
            let known = "\(ExportOptions.opsets.lowerBound) to \(ExportOptions.opsets.upperBound)"
            throw ExportError(.option, "--opset", "\(self.options.opset) cannot be written; \(known) can")
        }
        let place = try PackagePlace(
            output: self.options.output, name: self.options.name, suggestedName: self.source.suggestedName)
        try place.checkFree(force: self.options.force)
        let prepared = try self.prepare()
        let staging = try PackageStaging(place)
        defer { staging.remove() }
        return try self.fill(staging, place, prepared)
    }

    private func prepare() throws -> Prepared {
        let recipe = self.source.recipe
        var task = self.source.task
        let size = self.options.inputSize ?? ImageSize(height: recipe.imageHeight, width: recipe.imageWidth)
        try recipe.check(size)
        if case .picture(let trained) = task.input {
            task = task.prepared(
                by: try Preprocessing(
                    crop: trained.crop, height: size.height, width: size.width, filter: trained.filter,
                    normalization: trained.normalization))
        }
        let threads = self.options.threads
        let network = try SourceNetwork(recipe, weights: self.source.weights, size: size, threads: threads)
        var (plain, weights) = try LoRAMerge.merged(recipe, self.source.weights)
        var merge: MergeCheck?
        if recipe.lora != nil {
            let merged = try SourceNetwork(plain, weights: weights, size: size, threads: threads)
            merge = try MergeCheck.run(adapters: network, merged: merged, size: size)
            self.report("merged the adapters (difference \(merge?.maxRelativeDifference ?? 0))")
        }
        self.tamper?(&weights)
        plain.lora = nil
        let metadata = try self.metadata(task, weightHash: WeightHash.sha256(weights))
        let graph = try plain.inferenceGraph(size: size).preparedForExport(weights)
        return Prepared(size: size, task: task, network: network, merge: merge, graph: graph, metadata: metadata)
    }

    /// The file's `metadata_props`.
    private func metadata(_ task: ModelTask, weightHash: String) throws -> [String: String] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func json(_ value: some Encodable) throws -> String { String(decoding: try encoder.encode(value), as: UTF8.self) }
        let normalization = task.input.normalization
        return [
            "architecture": self.source.recipe.architecture,
            "class_names": try json(task.classNames),
            "normalization": try json(["mean": normalization.mean, "std": normalization.std]),
            "lora_merged": self.source.recipe.lora == nil ? "false" : "true",
            "sha256_weights": weightHash,
        ]
    }

    private func fill(_ staging: PackageStaging, _ place: PackagePlace, _ prepared: Prepared) throws -> ExportResult {
        let opset = self.options.opset
        let path = staging.file(ModelCard.modelFileName)
        let written = try OnnxWriter.write(
            graph: prepared.graph, opset: opset, symbolicBatch: "batch_size", metadata: prepared.metadata, to: staging.path,
            name: ModelCard.modelFileName)
        self.report("wrote \(written.modelByteCount + written.dataByteCount) bytes of ONNX, opset \(opset)")
        let checker = try FileCheck.run(path, opset: opset)
        let session = try Session(path: path, threads: self.options.threads)
        let golden = try self.goldenSample(session, prepared)
        self.report("checked by \(checker.checkedBy): \(checker.note)")
        var validation: ValidationReport?
        if self.options.validates || self.options.pictures != nil {
            let report = try self.validate(session, prepared, checker, golden: golden, path: path)
            validation = report
            try staging.write(try reportJSON(report), ValidationReport.fileName)
            guard report.status != .fail else { return try self.refused(report, place) }
        }
        var benchmark: BenchmarkResult?
        if self.options.measures {
            let result = try self.measure(path, self.benchmark(validation))
            benchmark = result
            try staging.write(try reportJSON(result), BenchmarkResult.fileName)
        }
        var files: [String: ModelCard.FileDigest] = [:]
        for file in session.model.files {
            let digest = try digest(ofFile: staging.file(file.path))
            let bytes = UnsafeRawBufferPointer(file.contents.bytes)
            let count = ModelCard.FileDigest.partCount(bytes: bytes.count)
            let parts = (0..<count).map { Pipelines.sha256(of: ModelCard.FileDigest.part($0, of: bytes)) }
            files[file.path] = ModelCard.FileDigest(
                bytes: digest.byteCount, sha256: digest.sha256, parts: count > 1 ? parts : nil)
        }
        let card = try PackageCard.make(
            self.source, place: place, task: prepared.task, opset: opset, files: files, golden: [golden],
            validation: validation, benchmark: benchmark)
        try staging.write(try card.encoded(), ModelCard.fileName)
        try staging.install()
        // What an earlier attempt said no longer holds.
        try? FileManager.default.removeItem(atPath: Self.refusalPath(place))
        return ExportResult(
            place: place, isInstalled: true, validation: validation,
            reportPath: validation.map { _ in "\(place.path)/\(ValidationReport.fileName)" }, benchmark: benchmark, card: card)
    }

    /// The written file's answer to a seeded input.
    private func goldenSample(_ session: Session, _ prepared: Prepared) throws -> GoldenSample {
        let input = SeededInput(seed: 1, shape: prepared.network.inputShape(batch: 1))
        let outputs = try session.runAndWait([ModelRecipe.inputName: input.tensor()])
        guard let logits = outputs[ModelRecipe.outputName]?.array(of: Float.self), logits.allSatisfy(\.isFinite) else {
            throw ExportError(.execution, ModelRecipe.outputName, "is not finite for a random input; the weights are unusable")
        }
        return GoldenSample(input: input, outputs: logits)
    }

    private func benchmark(_ validation: ValidationReport?) -> Benchmark {
        var benchmark = Benchmark(threads: self.options.threads)
        benchmark.precision = ChosenPrecision(self.options.precision, validation?.bfloat16).precision
        benchmark.trace = self.options.trace
        benchmark.report = self.report
        return benchmark
    }

    private func validate(
        _ session: Session, _ prepared: Prepared, _ checker: FileCheck, golden: GoldenSample, path: String
    ) throws -> ValidationReport {
        let validator = Validator(
            source: prepared.network, session: session, size: prepared.size,
            adaptedPaths: LoRAMerge.adaptedPaths(self.source.weights))
        let cases = try validator.cases()
        var report = ValidationReport(
            status: cases.map(\.status).max() ?? .fail, opset: self.options.opset, checker: checker, merge: prepared.merge,
            cases: cases)
        let bfloat16 = try BFloat16Comparison(path, threads: self.options.threads, golden: golden)
        if let pictures = self.options.pictures {
            guard case .screening(let task) = prepared.task else {
                throw ExportError(
                    .option, "--comprehensive-validate", "compares grades; this model does \(prepared.task.kind.rawValue)")
            }
            let figures = try PictureReport(
                pictures, task: task, source: prepared.network, session: session, bfloat16: bfloat16, report: self.report)
            report.pictures = figures
            report.status = max(report.status, figures.status)
        }
        report.bfloat16 =
            bfloat16?.validation(withoutPictures: "it was exported without pictures to compare (--comprehensive-validate)")
            ?? BFloat16Validation(reason: "the CPU that exported it does not multiply bfloat16")
        if report.status != .pass { report.divergence = try validator.divergence() }
        self.report("validation \(report.status.rawValue), largest relative difference \(report.maxRelativeDifference)")
        return report
    }

    /// Keeps the report beside the place of a package that is not installed.
    private func refused(_ report: ValidationReport, _ place: PackagePlace) throws -> ExportResult {
        let path = Self.refusalPath(place)
        try AtomicFile.write(try reportJSON(report), to: path)
        return ExportResult(
            place: place, isInstalled: false, validation: report, reportPath: path, benchmark: nil, card: nil)
    }

    private static func refusalPath(_ place: PackagePlace) -> String { "\(place.path).\(ValidationReport.fileName)" }
}
