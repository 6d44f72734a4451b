import Architectures
import Checkpoints
import Exporter
import Foundation
import Graph
import Imaging
import Pipelines

/// A directory of one test, removed with its last reference.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("\(FileManager.default.temporaryDirectory.path)/exporter-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw POSIXError(.EIO) }
        self.path = template.withUnsafeBufferPointer { buffer in buffer.baseAddress.map { String(cString: $0) } ?? "" }
    }

    deinit { try? FileManager.default.removeItem(atPath: self.path) }

    func file(_ name: String) -> String { "\(self.path)/\(name)" }

    /// Everything in the directory, hidden files included, but what lies deeper.
    var entries: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: self.path)) ?? []).sorted() }
}

let convolutional = ModelRecipe(architecture: "resnet18", classes: 3, imageSize: 32)
let transformer = ModelRecipe(
    architecture: "vit_tiny_patch16", classes: 5, imageSize: 32, lora: LoRAConfiguration(rank: 4, alpha: 16, dropout: 0.1))
let unet = ModelRecipe(architecture: "unet_resnet18", classes: 2, imageHeight: 32, imageWidth: 64)
let segformer = ModelRecipe(
    architecture: "segformer_b0", classes: 1, imageHeight: 64, imageWidth: 96,
    lora: LoRAConfiguration(rank: 4, alpha: 16, dropout: 0.1, targets: ["q_proj", "v_proj"]))
let embedder = ModelRecipe(
    architecture: "resnet18", classes: 3, imageSize: 32, embedding: EmbeddingHead(length: 24, hidden: 32, labels: 3))
let volumetric = ModelRecipe(
    architecture: "proximity100x100", classes: 4, imageHeight: 65, imageWidth: 97,
    embedding: EmbeddingHead(length: 24, labels: 4), slices: 6)

/// A run directory with random weights, none of them neutral.
func makeRun(
    _ recipe: ModelRecipe, in directory: TemporaryDirectory, as checkpoints: [CheckpointName] = [.last]
) throws -> String {
    let source = try ExportSource.random(recipe, seed: 5)
    var task = source.task
    if recipe.classes == 5, case .screening(var grades) = task {
        grades.referableFrom = 2
        task = .screening(grades)
    }
    let path = directory.file("run")
    let run = try RunDirectory.create(
        at: path, config: "model: {architecture: \(recipe.architecture)}\n",
        manifest: RunManifest(tool: "test", toolVersion: "0", seed: 5),
        files: [
            RunFile.recipe: try RunDirectory.json(recipe, file: RunFile.recipe),
            RunFile.task: try RunDirectory.json(task, file: RunFile.task),
            RunFile.split: Array("id_code,diagnosis,patient_id,split\na,0,p,train\nb,1,p,train\nc,1,q,test\n".utf8),
        ])
    for checkpoint in checkpoints {
        try run.save(Checkpoint(weights: source.weights, state: ["epoch": 1]), as: checkpoint)
    }
    return path
}

/// Options for a package in `directory`.
func options(in directory: TemporaryDirectory, _ change: (inout ExportOptions) -> Void = { _ in }) -> ExportOptions {
    var options = ExportOptions(threads: 2)
    options.output = directory.file("models/test/1")
    change(&options)
    return options
}

/// The error that `body` throws, nil when it throws none or another kind.
func exportError(_ body: () throws -> Void) -> ExportError? {
    do {
        try body()
        return nil
    } catch {
        return error as? ExportError
    }
}
