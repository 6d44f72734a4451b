import Architectures
import Checkpoints
import Exporter
import Foundation
import Graph
import Imaging
import OnnxFormat
import Pipelines
import Runtime
import Synchronization
import Testing

/// From a run directory to a package that the daemon's loader takes.
struct ExportTests {
    @Test(arguments: [convolutional, transformer])
    func packageGivesTheSourcesNumbers(_ recipe: ModelRecipe) async throws {
        let directory = try TemporaryDirectory()
        let source = try ExportSource.run(makeRun(recipe, in: directory))
        let result = try ModelExporter(source, options(in: directory) { $0.validates = true }).run()
        let report = try #require(result.validation)
        #expect(result.isInstalled)
        #expect(report.status == .pass, "largest difference \(report.maxRelativeDifference)")
        #expect(report.cases.map(\.batch) == [1, 1, 1, 3, 3, 3])
        #expect(report.checker?.checkedBy == "libonnx")
        #expect(report.merge.map { $0.maxRelativeDifference <= 1e-5 && $0.inputs == 8 } ?? (recipe.lora == nil))

        let path = directory.file("models/test/1")
        let card = try ModelCard.load(directory: path)
        #expect(card.name == "test" && card.version == 1 && card.opset == 17)
        #expect(card.files.keys.sorted() == ["model.onnx", "model.onnx.data"])
        for (name, file) in card.files { #expect(try sha256(ofFile: "\(path)/\(name)") == file.sha256) }
        #expect(card.provenance.trainingData == ["images": 2, "patients": 1, "grade_0": 1, "grade_1": 1])

        // What the daemon does: hashes, golden sample, interface.
        let model = try await ServedModel.load(directory: path, compute: ComputeSettings(threads: 2))
        let input = SeededInput(seed: 77, shape: [2, 3, 32, 32]).tensor()
        let output = try #require(try await model.infer(["input": input])["output"])
        let plan = try SourceNetwork(
            recipe, weights: source.weights, size: ImageSize(height: 32, width: 32), threads: 2
        ).plan(batch: 2)
        try plan.setInput("input", input)
        try plan.run()
        let difference = TensorDifference(expected: try plan.output("output"), actual: output)
        #expect(difference.maxRelative <= 1e-4)
        #expect(difference.cosine > 0.999999)
    }

    @Test func fileHoldsStandardOperatorsAndMergedWeightsOnly() throws {
        let directory = try TemporaryDirectory()
        let source = try ExportSource.random(transformer, seed: 3)
        _ = try ModelExporter(source, options(in: directory)).run()
        let model = try OnnxFile.read(directory.file("models/test/1/model.onnx"))
        #expect(model.metadata["lora_merged"] == "true")
        #expect(model.metadata["class_names"] == #"["class 0","class 1","class 2","class 3","class 4"]"#)
        #expect(model.metadata["sha256_weights"]?.count == 64)
        #expect(model.symbolicDimensions == ["batch_size"])
        #expect(!model.weights.contains { $0.name.contains("lora") })
        // Weights are [in, out], so that no product needs a transposition at run time.
        #expect(model.weights.contains { $0.type.shape == [192, 576] })
        #expect(!model.weights.contains { $0.type.shape == [576, 192] })
    }

    @Test func batchNormalizationIsFolded() throws {
        let directory = try TemporaryDirectory()
        _ = try ModelExporter(try .random(convolutional, seed: 3), options(in: directory)).run()
        let counts = try OnnxFile.read(directory.file("models/test/1/model.onnx")).operatorCounts
        #expect(counts["BatchNormalization"] == nil)
        #expect(counts["Conv"] == 20)
        #expect(counts["Transpose"] == nil)
    }

    @Test(arguments: [(13, "libonnx"), (18, "dr"), (20, "dr")])
    func everyOpsetRangeIsWrittenAndChecked(_ opset: Int, _ checker: String) throws {
        let directory = try TemporaryDirectory()
        let result = try ModelExporter(
            try .random(transformer, seed: 4),
            options(in: directory) {
                $0.opset = opset
                $0.validates = true
            }
        ).run()
        #expect(result.validation?.status == .pass)
        #expect(result.validation?.checker?.checkedBy == checker)
        #expect(try OnnxFile.read(directory.file("models/test/1/model.onnx")).opset == opset)
    }

    @Test(arguments: [convolutional, unet, segformer]) func networksWithoutPositionsTakeAnotherInputSize(
        _ recipe: ModelRecipe
    ) throws {
        let directory = try TemporaryDirectory()
        let result = try ModelExporter(
            try .random(recipe, seed: 4),
            options(in: directory) {
                $0.inputSize = ImageSize(height: 96, width: 32)
                $0.validates = true
            }
        ).run()
        #expect(result.validation?.status == .pass)
        #expect(result.card?.task.input.preprocessing?.height == 96)
        #expect(result.card?.task.input.preprocessing?.width == 32)
        #expect(result.card?.goldenSamples.first?.input.shape == [1, 3, 96, 32])
    }

    @Test func bestIsPreferredToLast() throws {
        let directory = try TemporaryDirectory()
        let run = try makeRun(convolutional, in: directory, as: [.last, .best, .epoch(3)])
        #expect(try ExportSource.run(run).checkpoint == "best")
        #expect(try ExportSource.run(run, checkpoint: .epoch(3)).checkpoint == "epoch_3")
    }

    @Test func measurementGoesIntoPackageAndCard() throws {
        let directory = try TemporaryDirectory()
        var exporter = ModelExporter(try .random(convolutional, seed: 4), options(in: directory) { $0.measures = true })
        exporter.measure = { (path, given) throws(ExportError) in
            var benchmark = given
            benchmark.runs = 5
            return try benchmark.measure(path)
        }
        let result = try exporter.run()
        let benchmark = try #require(result.benchmark)
        #expect(benchmark.runs == 5 && benchmark.batch == 1)
        #expect(benchmark.minMs > 0 && benchmark.minMs <= benchmark.p50Ms && benchmark.p50Ms <= benchmark.p99Ms)
        #expect(benchmark.peakMemoryBytes > 1 << 20)
        #expect(benchmark.precision == "float32" && benchmark.summary.contains("float32"))
        #expect(benchmark.weightBytes > 40 << 20 && benchmark.packedBytes > 0 && benchmark.arenaBytes > 0)
        #expect(try BenchmarkResult(line: Data(benchmark.line().utf8)) == benchmark)
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.file("models/test/1"))
        #expect(files.sorted() == ["benchmark.json", "card.json", "model.onnx", "model.onnx.data"])
        #expect(try ModelCard.load(directory: directory.file("models/test/1")).benchmark != nil)
    }

    @Test func aTraceNamesTheNodesAndTheSlowestAreTold() throws {
        let directory = try TemporaryDirectory()
        let told = Mutex("")
        var exporter = ModelExporter(
            try .random(convolutional, seed: 4),
            options(in: directory) {
                $0.measures = true
                $0.trace = directory.file("trace.json")
            })
        exporter.report = { text in told.withLock { $0 += text + "\n" } }
        exporter.measure = { (path, given) throws(ExportError) in
            var benchmark = given
            benchmark.runs = 1
            benchmark.warmup = 1
            return try benchmark.measure(path)
        }
        _ = try exporter.run()
        let trace = try Data(contentsOf: URL(fileURLWithPath: directory.file("trace.json")))
        let events = (try JSONSerialization.jsonObject(with: trace) as? [String: Any])?["traceEvents"] as? [[String: Any]]
        #expect(events?.contains { ($0["name"] as? String)?.hasPrefix("layer4.1.relu") == true } == true)
        let lines = told.withLock { $0 }.split(separator: "\n")
        #expect(lines.count { $0.contains(" ms ") && $0.contains("Conv/") } > 0, "\(lines)")
        #expect(lines.contains { $0.contains(" nodes; weights 4") && $0.contains("MiB") }, "\(lines)")
    }
}
