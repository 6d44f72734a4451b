import Architectures
import Checkpoints
import Exporter
import Foundation
import Pipelines
import Testing

/// What cannot be exported is refused by name, and nothing is left behind.
struct ExportErrorTests {
    @Test func runsThatDoNotExist() throws {
        let directory = try TemporaryDirectory()
        let error = exportError { _ = try ExportSource.run(directory.file("nowhere")) }
        #expect(error?.code == .run)
        #expect(error?.message.contains("no such run") == true)
    }

    @Test func runsWithoutAUsualCheckpoint() throws {
        let directory = try TemporaryDirectory()
        let run = try makeRun(convolutional, in: directory, as: [.epoch(2)])
        let error = exportError { _ = try ExportSource.run(run) }
        #expect(error?.code == .run)
        #expect(error?.message.contains("--checkpoint: epoch_2") == true)
        #expect(exportError { _ = try ExportSource.run(run, checkpoint: .epoch(9)) }?.code == .run)
    }

    @Test func damagedCheckpoints() throws {
        let directory = try TemporaryDirectory()
        let run = try makeRun(convolutional, in: directory)
        let file = "\(run)/checkpoints/last/weights.safetensors"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: file))
        let error = exportError { _ = try ExportSource.run(run) }
        #expect(error?.code == .run)
        #expect(error?.message.contains("SHA-256") == true)
    }

    @Test func checkpointsThatWereCutShort() throws {
        let directory = try TemporaryDirectory()
        let run = try makeRun(convolutional, in: directory, as: [.last, .epoch(1)])
        let file = "\(run)/checkpoints/last/weights.safetensors"
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        try bytes.prefix(bytes.count / 3).write(to: URL(fileURLWithPath: file))
        let error = exportError { _ = try ExportSource.run(run) }
        #expect(error?.code == .run)
        #expect(error?.message.contains("use another checkpoint: epoch_1") == true)
    }

    @Test func recipesOutOfReason() throws {
        let directory = try TemporaryDirectory()
        let run = try makeRun(convolutional, in: directory)
        let source = try ExportSource.run(run)
        for (size, classes) in [(-32, 3), (1 << 40, 3), (32, 4)] {
            let recipe = ModelRecipe(architecture: "resnet18", classes: classes, imageSize: size)
            let path = directory.file("run \(size) \(classes)")
            _ = try RunDirectory.create(
                at: path, config: "a: 1\n", manifest: RunManifest(tool: "test", toolVersion: "0", seed: 5),
                files: [
                    RunFile.recipe: try RunDirectory.json(recipe, file: RunFile.recipe),
                    RunFile.task: try RunDirectory.json(source.task, file: RunFile.task),
                ])
            #expect(exportError { _ = try ExportSource.run(path) }?.code == .run, "\(size) \(classes)")
        }
    }

    @Test func weightsOfAnotherNetwork() throws {
        let directory = try TemporaryDirectory()
        var source = try ExportSource.random(convolutional, seed: 1)
        source.weights["fc.weight"] = nil
        let exporter = ModelExporter(source, options(in: directory))
        #expect(exportError { _ = try exporter.run() } != nil)
        #expect(!FileManager.default.fileExists(atPath: directory.file("models/test/1")))
    }

    @Test(arguments: [0, 12, 21, -3]) func opsetsOutsideTheRange(_ opset: Int) throws {
        let directory = try TemporaryDirectory()
        let exporter = ModelExporter(try .random(convolutional, seed: 1), options(in: directory) { $0.opset = opset })
        let error = exportError { _ = try exporter.run() }
        #expect(error?.code == .option && error?.subject == "--opset")
        #expect(error?.message.contains("13 to 20") == true)
        #expect(directory.entries.isEmpty)
    }

    @Test func inputSizesThatATransformerCannotTake() throws {
        let directory = try TemporaryDirectory()
        let exporter = ModelExporter(
            try .random(transformer, seed: 1), options(in: directory) { $0.inputSize = ImageSize(height: 48, width: 48) })
        let error = exportError { _ = try exporter.run() }
        #expect(error?.code == .option && error?.subject == "--input-size")
        #expect(error?.message.contains("position embeddings for 32x32") == true)
        #expect(directory.entries.isEmpty)
    }

    @Test func inputSizesOutsideReason() throws {
        for size in [ImageSize(height: 0, width: 32), ImageSize(height: 32, width: 10_000_000_000)] {
            #expect(exportError { try convolutional.check(size) }?.code == .option)
        }
    }

    @Test func placesThatAreTaken() throws {
        let directory = try TemporaryDirectory()
        let source = try ExportSource.random(convolutional, seed: 1)
        let first = try ModelExporter(source, options(in: directory)).run()
        #expect(first.isInstalled)
        let again = ModelExporter(source, options(in: directory))
        #expect(exportError { _ = try again.run() }?.code == .exists)
        let other = try ExportSource.random(convolutional, seed: 2)
        let stale = directory.file("models/test/1.validation_report.json")
        try Data("old".utf8).write(to: URL(fileURLWithPath: stale))
        let forced = try ModelExporter(other, options(in: directory) { $0.force = true }).run()
        #expect(forced.card?.files != first.card?.files)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.file("models/test")) == ["1"])
    }

    @Test func directoriesThatAreNoPackagesAreNeverReplaced() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("models/test/1")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data("precious".utf8).write(to: URL(fileURLWithPath: "\(path)/thesis.txt"))
        let exporter = ModelExporter(try .random(convolutional, seed: 1), options(in: directory) { $0.force = true })
        #expect(exportError { _ = try exporter.run() }?.code == .exists)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["thesis.txt"])
    }

    @Test func placesGiveNamesAndVersions() throws {
        let numbered = try PackagePlace(output: "/a/fundus/12", name: nil, suggestedName: "x")
        #expect(numbered.name == "fundus" && numbered.version == 12 && numbered.path == "/a/fundus/12")
        let plain = try PackagePlace(output: "/a/fundus model", name: nil, suggestedName: "x")
        #expect(plain.name == "fundus-model" && plain.version == 1)
        #expect(try PackagePlace(output: "/a/b/3", name: "c", suggestedName: "x").name == "c")
        #expect(exportError { _ = try PackagePlace(output: nil, name: "a/b", suggestedName: "x") }?.code == .option)
    }
}
