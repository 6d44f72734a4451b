import Architectures
import Checkpoints
import Foundation
import Graph
import Kernels
import Runtime
import TestSupport
import Testing
import Trainer

/// Ten steps and one step's gradients against PyTorch with timm and peft.
@Suite struct GoldenTrainingTests {
    @Test(arguments: [
        "training/resnet18_sgd", "training/resnet18_adamw", "training/vit_tiny_lora", "training/vit_tiny_full",
        "proximity/training",
    ])
    func lossesAndGradientsEqualPyTorch(_ variant: String) throws {
        let golden = try GoldenTraining(variant)
        let run = try GoldenRun(golden)
        for step in 0..<golden.steps {
            let loss = try run.step(step)
            let expected = golden.losses[step]
            #expect(abs(loss - expected) <= 1e-5 * abs(expected), "\(variant) step \(step): loss \(loss), PyTorch \(expected)")
            if step == 0 {
                for gradient in golden.gradients {
                    let mismatch = try run.gradientMismatch(gradient, golden)
                    #expect(
                        mismatch <= 1e-4, "\(variant): gradient of \(gradient.name) is off by \(mismatch) of its largest element")
                }
            }
        }
        for parameter in golden.parameters {
            let norm = run.norm(parameter.name)
            // Softmax does not see the keys' bias: its gradient is rounding noise, which AdamW blows up to whole steps.
            let relative = parameter.name.hasSuffix("qkv.bias") ? 2e-4 : 2e-5
            let tolerance = relative * max(abs(parameter.l2_after_all), 1e-3)
            #expect(abs(norm - parameter.l2_after_all) <= tolerance, "\(variant): norm of \(parameter.name) after all steps")
        }
    }

    /// Adapters of rank 8 on every fused projection of ViT-L have 786,432 parameters.
    @Test func adaptersOfViTLarge() throws {
        let recipe = ModelRecipe(
            architecture: "vit_large_patch16", classes: 5, imageSize: 224,
            lora: LoRAConfiguration(rank: 8, alpha: 32, dropout: 0.1))
        let parameters = try recipe.graph(batch: 1, mode: .training).parameters
        let adapters = parameters.filter { $0.role == .adapter }.map { $0.shape.reduce(1, *) }.reduce(0, +)
        #expect(adapters == 786_432)
    }
}

/// The files of one variant below `Tests/Golden`.
struct GoldenTraining {
    struct Parameter: Decodable {
        let name: String
        let shape: [Int]
        let scale: Float
        let offset: Float
        let trainable: Bool
        let l2_after_all: Double
    }

    struct Gradient: Decodable {
        let name: String
        let shape: [Int]
        let sampled: Bool
        let l2: Double
    }

    private struct File: Decodable {
        struct Model: Decodable {
            struct LoRA: Decodable {
                let r: Int
                let alpha: Float
                let targets: [String]
            }
            struct Arguments: Decodable {
                let num_classes: Int
                let global_pool: String?
                let embedding: Int?
            }
            let architecture: String
            let arguments: Arguments
            let lora: LoRA?
        }
        struct Optimizer: Decodable {
            let name: String
            let lr: Double
            let momentum: Double?
            let weight_decay: Double
        }
        struct Loss: Decodable {
            /// Cross-entropy when nil.
            let kind: String?
            let label_smoothing: Float
            let class_weights: [Float]?
        }
        struct Input: Decodable {
            let shape: [Int]
            let images: String
            let scale: Float
            let labels: String
        }
        let model: Model
        let optimizer: Optimizer
        let loss: Loss
        let max_norm: Float
        let steps: Int
        let input: Input
        let losses: [Double]
        let parameters: [Parameter]
        let gradients: [Gradient]
    }

    private let file: File
    let tensors: [String: Tensor]

    init(_ variant: String) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Golden")
        let data = try Data(contentsOf: folder.appendingPathComponent("\(variant).json"))
        self.file = try JSONDecoder().decode(File.self, from: data)
        self.tensors = try Safetensors.read(folder.appendingPathComponent("\(variant).safetensors").path).tensors
    }

    var steps: Int { self.file.steps }
    var losses: [Double] { self.file.losses }
    var parameters: [Parameter] { self.file.parameters }
    var gradients: [Gradient] { self.file.gradients }
    var batch: Int { self.file.input.shape[0] }
    var learningRate: Double { self.file.optimizer.lr }
    var classWeights: [Float]? { self.file.loss.class_weights }

    func input(_ step: Int) -> Tensor {
        let name = self.file.input.images.replacingOccurrences(of: "{step}", with: String(step))
        return GoldenGenerator.uniform(name, shape: self.file.input.shape, scale: self.file.input.scale)
    }

    /// What the loss compares with, and the name of its input.
    func target(_ step: Int) -> (input: String, values: Tensor) {
        let name = self.file.input.labels.replacingOccurrences(of: "{step}", with: String(step))
        let classes = self.file.model.arguments.num_classes
        if self.isMultiLabel {
            let bits = GoldenGenerator.integers(name, count: self.batch * classes, bound: 2)
            return ("targets", Tensor(bits.map { Float($0) }, shape: [self.batch, classes]))
        }
        let labels = GoldenGenerator.integers(name, count: self.batch, bound: classes)
        return ("labels", Tensor(labels.map { Int64($0) }, shape: [self.batch]))
    }

    var recipe: ModelRecipe {
        let name = self.file.model.architecture.replacingOccurrences(of: "_224", with: "")
        let lora = self.file.model.lora.map { LoRAConfiguration(rank: $0.r, alpha: $0.alpha, dropout: 0, targets: $0.targets) }
        let shape = self.file.input.shape
        let classes = self.file.model.arguments.num_classes
        return ModelRecipe(
            architecture: name, classes: classes, imageHeight: shape[shape.count - 2], imageWidth: shape[shape.count - 1],
            globalPool: self.file.model.arguments.global_pool == "avg", lora: lora,
            embedding: self.file.model.arguments.embedding.map { EmbeddingHead(length: $0, dropout: 0, labels: classes) },
            slices: shape.count == 5 ? shape[1] : nil)
    }

    private var isMultiLabel: Bool { self.file.loss.kind == "graded_micro_f1" }

    var loss: any TrainingLoss {
        if self.isMultiLabel { return RetrievalLoss(.microF1, margin: 0) }
        return ClassificationLoss(
            classes: self.file.model.arguments.num_classes, labelSmoothing: self.file.loss.label_smoothing,
            usesClassWeights: self.file.loss.class_weights != nil)
    }

    var options: TrainingGraphOptions {
        var optimizer = OptimizerConfiguration()
        optimizer.kind = self.file.optimizer.name == "SGD" ? .sgd : .adamw
        optimizer.momentum = self.file.optimizer.momentum ?? 0
        optimizer.weightDecay = self.file.optimizer.weight_decay
        optimizer.decaysVectors = true
        let trainable = Set(self.parameters.filter(\.trainable).map(\.name))
        var options = TrainingGraphOptions(
            inputShape: self.file.input.shape, adapters: self.recipe.lora, optimizer: optimizer, gradientClip: self.file.max_norm,
            trains: { trainable.contains($0.name) })
        options.exposesGradients = true
        return options
    }
}

/// Our trainer on a golden variant.
private struct GoldenRun {
    let golden: GoldenTraining
    let trainer: GoldenStep

    init(_ golden: GoldenTraining) throws {
        self.golden = golden
        let graph = try TrainingGraph(golden.recipe.make(), golden.loss, golden.options)
        var values: [String: Tensor] = [:]
        for parameter in golden.parameters {
            values[parameter.name] = GoldenGenerator.uniform(
                parameter.name, shape: parameter.shape, scale: parameter.scale, offset: parameter.offset)
        }
        let weights = golden.classWeights.map { [ClassificationLoss.classWeightsName: Tensor($0, shape: [$0.count])] }
        self.trainer = try GoldenStep(graph, values: values, constants: weights ?? [:])
    }

    func step(_ index: Int) throws -> Double {
        let golden = self.golden
        let target = golden.target(index)
        let inputs = [
            "input": golden.input(index), target.input: target.values,
            "mask": Tensor([Float](repeating: 1, count: golden.batch), shape: [golden.batch]),
        ]
        return try self.trainer.run(
            inputs, Hyperparameters(learningRate: golden.learningRate, step: index + 1), golden.options.optimizer)
    }

    /// The largest difference relative to the largest element.
    func gradientMismatch(_ gradient: GoldenTraining.Gradient, _ golden: GoldenTraining) throws -> Double {
        let expected = try #require(golden.tensors["gradient/" + gradient.name]).doubles
        let worst = try self.trainer.distance(gradient.name, from: expected) { count in
            gradient.sampled
                ? GoldenGenerator.integers("indices." + gradient.name, count: expected.count, bound: count) : Array(0..<count)
        }
        return worst / (expected.map(abs).max() ?? 0)
    }

    func norm(_ name: String) -> Double { self.trainer.norm(name) }
}
