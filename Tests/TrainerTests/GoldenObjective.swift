import Architectures
import Checkpoints
import Foundation
import Graph
import TestSupport
import Testing
import Trainer

/// The files of one objective in `Tests/Golden/objectives`, and what they describe.
struct GoldenObjective {
    struct Parameter: Decodable {
        let name: String
        let shape: [Int]
        let scale: Float
        let offset: Float
        let trainable: Bool
        let l2_after_all: Double?
        let gradient_largest: Double?
        /// The gradient is zero but for rounding.
        let vanishes: Bool?
    }

    struct Network: Decodable {
        struct Embedding: Decodable {
            let hidden: Int
            let length: Int
        }
        let architecture: String
        /// Of networks that embed, the labels whose logits they give.
        let classes: Int
        let embedding: Embedding?
        let parameters: [Parameter]?
    }

    private struct File: Decodable {
        struct Optimizer: Decodable {
            let name: String
            let lr: Double
            let weight_decay: Double
        }
        struct Loss: Decodable {
            let kind: String
            let choice: TripletMining.Choice?
            let margin: Float?
            let seed: Int64?
            let dice_weight: Float?
            let alpha: Float?
            let beta: Float?
            let temperature: Float?
            let teacher: Network?
        }
        struct Input: Decodable {
            let shape: [Int]
            let images: String
            let scale: Float
        }
        struct Sampling: Decodable {
            let above: Int
            let count: Int
        }
        let model: Network
        let optimizer: Optimizer
        let loss: Loss
        let input: Input
        let max_norm: Float
        let sampling: Sampling
        let losses: [Double]
        let parameters: [Parameter]
    }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Golden/objectives")

    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()

    /// The input of the training step that holds the teacher's logits.
    static let teacherInput = "teacher"

    private let file: File
    private let tensors: [String: Tensor]

    init(_ name: String) throws {
        self.file = try JSONDecoder().decode(
            File.self, from: Data(contentsOf: Self.folder.appendingPathComponent("\(name).json")))
        self.tensors = try Safetensors.read(Self.folder.appendingPathComponent("\(name).safetensors").path).tensors
    }

    var losses: [Double] { self.file.losses }
    var parameters: [Parameter] { self.file.parameters }
    var inputShape: [Int] { self.file.input.shape }
    var learningRate: Double { self.file.optimizer.lr }
    var maxNorm: Float { self.file.max_norm }
    var teacher: Network? { self.file.loss.teacher }

    var optimizer: OptimizerConfiguration {
        var optimizer = OptimizerConfiguration()
        optimizer.kind = .adamw
        optimizer.weightDecay = self.file.optimizer.weight_decay
        optimizer.decaysVectors = true
        return optimizer
    }

    func network() throws -> any Architecture { try self.file.model.network() }

    /// The generator's values of parameters.
    static func values(_ parameters: [Parameter]) -> [String: Tensor] {
        var values: [String: Tensor] = [:]
        for parameter in parameters {
            values[parameter.name] = GoldenGenerator.uniform(
                parameter.name, shape: parameter.shape, scale: parameter.scale, offset: parameter.offset)
        }
        return values
    }

    /// The elements of a gradient that are stored.
    func gradient(_ parameter: Parameter) throws -> [Double] {
        try #require(self.tensors["gradient/" + parameter.name]).doubles
    }

    /// Which elements of a tensor of so many are stored.
    func sampled(_ name: String, _ count: Int) -> [Int] {
        let sampling = self.file.sampling
        return count <= sampling.above
            ? Array(0..<count) : GoldenGenerator.integers("indices." + name, count: sampling.count, bound: count)
    }

    var loss: any TrainingLoss {
        get throws {
            let loss = self.file.loss
            let task = SegmentationLoss(diceWeight: loss.dice_weight ?? 0)
            switch loss.kind {
            case "triplet": return RetrievalLoss(.triplet(try #require(loss.choice)), margin: try #require(loss.margin))
            case "batch_hard": return RetrievalLoss(.batchHard, margin: try #require(loss.margin))
            case "micro_f1": return RetrievalLoss(.microF1, margin: 1)
            case "segmentation": return task
            case "distillation":
                return DistilledLoss(
                    task: task, alpha: try #require(loss.alpha), beta: try #require(loss.beta),
                    temperature: try #require(loss.temperature))
            default: throw GraphError(.unsupported, loss.kind, "no such loss")
            }
        }
    }

    /// What a step is given, but for hyperparameters and the teacher's logits.
    func inputs(_ step: Int) -> [String: Tensor] {
        let batch = self.inputShape[0]
        let images = self.file.input.images.replacingOccurrences(of: "{step}", with: String(step))
        var inputs = [
            "input": GoldenGenerator.uniform(images, shape: self.inputShape, scale: self.file.input.scale),
            "mask": Tensor([Float](repeating: 1, count: batch), shape: [batch]),
        ]
        switch self.file.loss.kind {
        case "triplet", "batch_hard":
            let labels = GoldenGenerator.integers("labels.\(step)", count: batch, bound: Self.labels.count)
            inputs["labels"] = Tensor(labels.map { Self.labels[$0] }, shape: [batch])
        case "micro_f1": inputs["targets"] = self.bits("targets.\(step)", [batch, self.file.model.classes])
        default: inputs["target"] = self.bits("masks.\(step)", [batch, 1] + self.inputShape[2...])
        }
        if let seed = self.file.loss.seed { inputs[ModelBuilder.dropoutSeedName] = Tensor([seed, Int64(step)], shape: [2]) }
        return inputs
    }

    /// What the labels of an example can be, a bit for each.
    private static let labels: [Int64] = [1, 2, 4, 3]

    private func bits(_ name: String, _ shape: [Int]) -> Tensor {
        let bits = GoldenGenerator.integers(name, count: shape.reduce(1, *), bound: 2)
        return Tensor(bits.map { Float($0) }, shape: shape)
    }
}

extension GoldenObjective.Network {
    /// The architecture; what only training does is switched off.
    func network() throws -> any Architecture {
        switch self.architecture {
        case "segformer_b0": return SegFormer(.b0, classes: self.classes, dropPath: 0, dropout: 0)
        default:
            let head = self.embedding.map {
                EmbeddingHead(length: $0.length, hidden: $0.hidden, dropout: 0, labels: self.classes)
            }
            return try ModelRecipe(architecture: self.architecture, classes: self.classes, imageSize: 32, embedding: head)
                .make()
        }
    }
}

/// `α` task + `β` divergence from a teacher's logits, the input `teacher` of the output's shape.
private struct DistilledLoss: TrainingLoss {
    let task: SegmentationLoss
    let alpha: Float
    let beta: Float
    let temperature: Float

    func append(to model: inout ModelBuilder, _ network: NetworkOutputs) throws(GraphError) -> ValueID {
        let task = try self.task.append(to: &model, network)
        let teacher = model.graph.input(GoldenObjective.teacherInput, model.type(network.output))
        let divergence = try model.graph.bernoulliDivergenceLoss(
            student: network.output, teacher: teacher, temperature: self.temperature, name: "divergence")
        let (alpha, beta) = (self.alpha, self.beta)
        let shares = [alpha, beta].map { model.graph.constant(Tensor([$0], shape: [])) }
        return try model.apply(
            Add(), try model.apply(Mul(), task, shares[0]), try model.apply(Mul(), divergence, shares[1]))
    }
}
