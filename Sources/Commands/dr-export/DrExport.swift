import Architectures
import ArgumentParser
import Checkpoints
import Exporter
import Foundation
import Kernels
import Pipelines
import Runtime

/// `dr-export`: from a run directory to a model package.
@main
struct DrExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dr-export",
        abstract: "Writes a trained model as a package: model.onnx, model.onnx.data and card.json.",
        discussion: "Exit code 0 when the package is installed; 1 when something is wrong or the validation fails.",
        version: DrVersion.current)

    @Argument(help: ArgumentHelp("The run directory that dr-train made.", valueName: "run"))
    var runDirectory: String?

    @Option(help: "best, last, interrupted or epoch_N (default: best, else last).")
    var checkpoint: String?

    @Option(help: "The package's directory (default: models/<name>/<next version>).")
    var output: String?

    @Option(help: "The model's name in its card.")
    var name: String?

    @Option(help: "ONNX operator set, 13 to 25.")
    var opset = 17

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Height and width of the input.", valueName: "H W"))
    var inputSize: [Int] = []

    @Flag(name: .customLong("validate"), help: "Compare the training graph with the written file.")
    var validates = false

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Compare both on labelled pictures, too.", valueName: "CSV DIR"))
    var comprehensiveValidate: [String] = []

    @Flag(help: "Measure the written file.")
    var benchmark = false

    @Option(help: ArgumentHelp("Measure, print the slowest nodes and write a run as a Chrome trace.", valueName: "FILE"))
    var trace: String?

    @Option(help: "Precision of --benchmark: auto (bfloat16 where validation found it good), float32 or bfloat16.")
    var precision = PrecisionChoice.auto

    @Option(help: "Threads for computing (default: all cores of the process).")
    var threads: Int?

    @Flag(help: "Replace a package that exists.")
    var force = false

    @Option(help: ArgumentHelp("Export this architecture with random weights, without a run.", visibility: .hidden))
    var architecture: String?

    @Option(help: ArgumentHelp("The seed of the random weights.", visibility: .hidden))
    var randomWeights: UInt64?

    @Option(help: ArgumentHelp("Classes of the random model.", visibility: .hidden))
    var classes = 5

    @Option(help: ArgumentHelp("Side of the random model's input.", visibility: .hidden))
    var imageSize = 224

    @Option(help: ArgumentHelp("Give the random model adapters of this rank, to be merged.", visibility: .hidden))
    var loraRank: Int?

    @Option(help: ArgumentHelp("Measure a model file and print one line of JSON.", visibility: .hidden))
    var benchmarkOnly: String?

    @Option(help: ArgumentHelp("Timed runs of --benchmark-only.", visibility: .hidden))
    var runs = 100

    static func main() {
        limitSpinning()
        Self.main(nil)
    }

    func validate() throws {
        guard self.inputSize.isEmpty || self.inputSize.count == 2 else { throw ValidationError("--input-size takes H and W") }
        guard self.comprehensiveValidate.isEmpty || self.comprehensiveValidate.count == 2 else {
            throw ValidationError("--comprehensive-validate takes a CSV file and a folder")
        }
        guard (1...4096).contains(self.loraRank ?? 1) else { throw ValidationError("--lora-rank must be 1 to 4096") }
        guard (2...1024).contains(self.classes), (1...8192).contains(self.imageSize), self.runs > 0 else {
            throw ValidationError("--classes, --image-size or --runs is out of range")
        }
        guard (1...1024).contains(self.threads ?? 1) else { throw ValidationError("--threads must be 1 to 1024") }
        let sources = [self.runDirectory, self.architecture, self.benchmarkOnly].compactMap(\.self)
        guard sources.count == 1 else { throw ValidationError("name one run directory") }
    }

    func run() throws {
        do throws(ExportError) {
            if let model = self.benchmarkOnly {
                try self.printBenchmark(of: model)
                return
            }
            if try self.export() { return }
        } catch {
            FileHandle.standardError.write(Data("dr-export: error: \(error)\n".utf8))
        }
        throw ExitCode.failure
    }

    private func printBenchmark(of model: String) throws(ExportError) {
        let options = self.options
        var benchmark = Benchmark(threads: options.threads)
        benchmark.runs = self.runs
        benchmark.precision = ChosenPrecision(options.precision, nil).precision
        benchmark.trace = options.trace
        benchmark.report = Self.report
        let result = try benchmark.measure(model)
        do { print(try result.line()) } catch { throw ExportError(error) }
    }

    /// Whether a package was installed.
    private func export() throws(ExportError) -> Bool {
        var exporter = ModelExporter(try self.source(), self.options)
        exporter.report = Self.report
        exporter.measure = { (path, benchmark) throws(ExportError) in try measureInOwnProcess(path, benchmark) }
        let result = try exporter.run()
        if let validation = result.validation { printValidation(validation) }
        if let benchmark = result.benchmark { print(benchmark.summary) }
        guard result.isInstalled else {
            print("not exported: validation failed; see \(result.reportPath ?? "")")
            return false
        }
        print("exported \(result.place.name) version \(result.place.version) to \(result.place.path)")
        return true
    }

    private static let report: @Sendable (String) -> Void = { FileHandle.standardError.write(Data("\($0)\n".utf8)) }

    private func source() throws(ExportError) -> ExportSource {
        if let architecture = self.architecture {
            let recipe = ModelRecipe(
                architecture: architecture, classes: self.classes, imageSize: self.imageSize,
                lora: self.loraRank.map { LoRAConfiguration(rank: $0) })
            return try .random(recipe, seed: self.randomWeights ?? 1)
        }
        var name: CheckpointName?
        if let text = self.checkpoint {
            guard let known = CheckpointName(text) else {
                throw ExportError(.option, "--checkpoint", "must be best, last, interrupted or epoch_N")
            }
            name = known
        }
        return try .run(self.runDirectory ?? "", checkpoint: name)
    }

    private var options: ExportOptions {
        var options = ExportOptions(threads: self.threads)
        options.output = self.output
        options.name = self.name
        options.opset = self.opset
        if self.inputSize.count == 2 { options.inputSize = ImageSize(height: self.inputSize[0], width: self.inputSize[1]) }
        options.validates = self.validates
        if self.comprehensiveValidate.count == 2 {
            options.pictures = LabelledPictures(table: self.comprehensiveValidate[0], folder: self.comprehensiveValidate[1])
        }
        options.measures = self.benchmark || self.trace != nil
        options.precision = self.precision
        options.trace = self.trace
        options.force = self.force
        return options
    }
}

extension PrecisionChoice: ExpressibleByArgument {}

private func printValidation(_ report: ValidationReport) {
    for entry in report.cases {
        let numbers = [entry.difference.maxAbsolute, entry.difference.maxRelative].map { String(format: "%.2e", $0) }
        print(
            "\(entry.status.rawValue) \(entry.output) batch \(entry.batch) seed \(entry.seed): "
                + "max difference \(numbers[0]), relative \(numbers[1])")
    }
    if let divergence = report.divergence {
        let what = divergence.exceedsTolerance ? "first diverging node" : "largest node difference"
        print("\(what): \(divergence.node) (relative \(String(format: "%.2e", divergence.maxRelativeDifference)))")
    }
    if let bfloat16 = report.bfloat16 { print("bfloat16 \(bfloat16.summary)") }
    guard let pictures = report.pictures else { return }
    let figures = [
        ("accuracy", pictures.accuracy), ("kappa", pictures.quadraticKappa), ("AUROC any", pictures.anyDiseaseAuroc),
        ("AUROC referable", pictures.referableAuroc),
    ].compactMap { name, value in value.map { "\(name) \(String(format: "%.4f", $0))" } }
    print("\(pictures.images) pictures: \(figures.joined(separator: ", ")); \(pictures.gradeDifferences) grades differ")
}

/// Measures in a process of its own, so that memory and load time are the model's and not the exporter's.
private func measureInOwnProcess(_ path: String, _ benchmark: Benchmark) throws(ExportError) -> BenchmarkResult {
    do {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments =
            ["--benchmark-only", path, "--threads", "\(benchmark.threads)", "--precision", benchmark.precision.rawValue]
            + (benchmark.trace.map { ["--trace", $0] } ?? [])
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let line = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ExportError(.execution, "--benchmark", "the measuring process failed")
        }
        return try BenchmarkResult(line: line)
    } catch {
        throw ExportError(error)
    }
}
