import Architectures
import Foundation
import Graph
import Imaging
import Pipelines
import Testing
import Trainer

/// Configurations from YAML and overrides.
@Suite struct ConfigurationTests {
    private static func defaults() throws -> TrainingConfiguration {
        TrainingConfiguration(
            image: try Preprocessing(crop: .fundus, height: 224, width: 224, filter: .bilinear, normalization: .imageNet))
    }

    /// Every setting off its default.
    private static func changed() throws -> TrainingConfiguration {
        var c = TrainingConfiguration(
            image: try Preprocessing(crop: .none, height: 64, width: 64, filter: .bicubic, normalization: .half))
        c.task = .segmentation
        c.data.masks = "masks"
        c.data.maskClass = "vessel"
        c.data.maskValues = [1, 2]
        c.data.csv = "a.csv"
        c.data.images = "pictures"
        c.data.validationCsv = "b.csv"
        c.data.validationImages = "others"
        c.data.classNames = ["no", "yes"]
        c.data.referableFrom = 1
        c.data.validationShare = 0.3
        c.data.splitSeed = 7
        c.data.labelNames = ["a", "b"]
        c.data.duplicates = .refuse
        c.model.name = "vit_tiny_patch16"
        c.model.weights = "w.safetensors"
        c.model.globalPool = true
        c.model.lora = .init(rank: 3, alpha: 12, dropout: 0.25, targets: ["qkv", "proj"])
        c.augmentation.horizontalFlip = 0.5
        c.augmentation.verticalFlip = 0.25
        c.augmentation.rotate90 = 0.125
        c.augmentation.affineProbability = 0.75
        c.augmentation.rotation = 20
        c.augmentation.scale = 0.1
        c.augmentation.shift = 0.05
        c.augmentation.border = .reflect
        c.augmentation.colorProbability = 0.5
        c.augmentation.brightness = 0.2
        c.augmentation.contrast = 0.3
        c.augmentation.saturation = 0.4
        c.augmentation.hue = 0.1
        c.volume = try VolumePreprocessing(size: [30, 80, 90], window: VolumeWindow(low: -160, high: 240), mean: 0.25, std: 0.75)
        c.volumeAugmentation.affineProbability = 0.55
        c.volumeAugmentation.rotation = 5
        c.volumeAugmentation.scale = 0.15
        c.volumeAugmentation.shift = 0.025
        c.volumeAugmentation.noiseProbability = 0.45
        c.volumeAugmentation.noise = 0.01
        c.retrieval.loss = .batchHard
        c.retrieval.mining = .hardest
        c.retrieval.margin = 0.5
        c.retrieval.classesPerBatch = 3
        c.retrieval.samplesPerClass = 6
        c.retrieval.batchesPerEpoch = 11
        c.retrieval.embeddingLength = 64
        c.retrieval.hiddenUnits = 256
        c.retrieval.dropout = 0.35
        c.retrieval.trainEvalShare = 0.65
        c.distillation = .init(teacher: "runs/t", temperature: 3, alpha: 0.3, beta: 0.6, gamma: 0.15)
        c.training.epochs = 3
        c.training.batchSize = 5
        c.training.learningRate = 1.5e-3
        c.training.minLearningRate = 2e-6
        c.training.warmupEpochs = 0.5
        c.training.gradientClip = 0.7
        c.training.gradientCheckpointing = true
        c.training.labelSmoothing = 0.1
        c.training.classWeights = .balanced
        c.training.seed = 9
        c.training.diceWeight = 0.25
        c.training.bestBy = .auroc
        c.optimizer.kind = .sgd
        c.optimizer.weightDecay = 0.01
        c.optimizer.momentum = 0.8
        c.optimizer.beta1 = 0.85
        c.optimizer.beta2 = 0.95
        c.optimizer.epsilon = 1e-7
        c.optimizer.decaysVectors = true
        c.checkpoints.everyEpoch = true
        c.checkpoints.everySteps = 4
        c.system.threads = 2
        c.system.prefetch = 5
        c.system.cacheMegabytes = 10
        return c
    }

    private static func load(_ yaml: String, _ overrides: [String] = []) throws -> TrainingConfiguration {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("dr-config-\(UUID().uuidString).yaml")
        try Data(yaml.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try ConfigurationFile.load(file.path, overrides: overrides, defaults: self.defaults())
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let changed = try Self.changed()
        let yaml = try ConfigurationFile.yaml(changed)
        #expect(try Self.load(yaml) == changed)
        // No setting was forgotten above: not a line of the defaults is left, but for the sections' names.
        let defaults = try ConfigurationFile.yaml(Self.defaults())
        let kept = Set(yaml.split(separator: "\n")).intersection(defaults.split(separator: "\n")).filter { !$0.hasSuffix(":") }
        #expect(kept.isEmpty, "\(kept)")
        #expect(changed.graphOptions(batchSize: 1).recomputesActivations)
    }

    @Test func overridesWinOverTheFile() throws {
        let c = try Self.load(
            "training: {epochs: 4, batch_size: 8}", ["training.epochs=6", "+model.lora.rank=4", "image.size=[96,96]"])
        #expect(c.training.epochs == 6 && c.training.batchSize == 8 && c.model.lora?.rank == 4 && c.image.height == 96)
        #expect(try Self.load("training: {gradient_clip: 2}", ["~training.gradient_clip"]).training.gradientClip == nil)
    }

    @Test(arguments: [
        ("training: {epoch: 4}", [], "training.epoch", "epochs"), ("trainings: {}", [], "trainings", "training"),
        ("augmentation: {horizontal_flips: 1}", [], "augmentation.horizontal_flips", "horizontal_flip"),
        ("{}", ["model.lora.rnk=2"], "model.lora.rnk", "rank"),
    ])
    func unknownKeysNameTheNearest(_ yaml: String, _ overrides: [String], _ key: String, _ nearest: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try Self.load(yaml, overrides) }
        #expect(
            error?.code == .unknownKey && error?.subject == key && error?.message.contains("did you mean \(nearest)?") == true)
    }

    @Test(arguments: [
        ("training: {epochs: many}", "training.epochs"), ("image: {size: [0, 4]}", "image"), ("[1, 2]", ""), ("a: [", ""),
        ("training: {best_by: luck}", "training.best_by"),
    ])
    func wrongValuesAreRefused(_ yaml: String, _ key: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try Self.load(yaml) }
        #expect(error.map { key.isEmpty || $0.subject.hasPrefix(key) } == true, "\(String(describing: error))")
    }

    @Test func impossibleRunsAreRefusedByKey() throws {
        func subject(_ change: (inout TrainingConfiguration) throws -> Void) throws -> String? {
            var c = try Self.defaults()
            c.data.csv = "a.csv"
            c.data.images = "pictures"
            try change(&c)
            do {
                try c.validate()
                return nil
            } catch {
                return error.subject
            }
        }
        #expect(try subject { _ in } == nil)
        #expect(try subject { $0.data.csv = "" } == "data.csv")
        #expect(try subject { $0.training.epochs = 0 } == "training.epochs")
        #expect(try subject { $0.training.warmupEpochs = 99 } == "training.warmup_epochs")
        #expect(try subject { $0.model.name = "resnet19" } == "model.name")
        #expect(try subject { $0.data.referableFrom = 5 } == "data.referable_from")
        #expect(try subject { $0.model.lora = .init(rank: 0) } == "model.lora.rank")
        #expect(try subject { $0.model.lora = .init() } == "model.lora.targets")
        func segments(_ change: (inout TrainingConfiguration) throws -> Void) throws -> String? {
            try subject {
                ($0.task, $0.data.masks, $0.model.name, $0.training.bestBy) = (.segmentation, "masks", "segformer_b0", .dice)
                try change(&$0)
            }
        }
        #expect(try segments { _ in } == nil)
        #expect(try segments { $0.task = .screening } == "model.name")
        #expect(try segments { $0.image = try .init(height: 224, width: 208) } == "image.size")
        #expect(try segments { $0.model.lora = .init(targets: ["qkv"]) } == "model.lora.targets")
        #expect(try segments { $0.model.lora = .init(targets: ["q_proj", "v_proj"]) } == nil)
    }
}
