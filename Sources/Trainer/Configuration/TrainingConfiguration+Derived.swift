package import Architectures
package import Pipelines
import Foundation
import Imaging
import Kernels

extension TrainingConfiguration {
    /// What `dr-train` starts from.
    package static func standard() throws -> TrainingConfiguration {
        TrainingConfiguration(
            image: try Preprocessing(crop: .fundus, height: 224, width: 224, filter: .bilinear, normalization: .imageNet))
    }

    /// What the run learns; reads its data.
    package func objective() throws -> any Objective {
        guard let distillation = self.distillation else { return try self.taskObjective() }
        return try DistillationObjective(self, distillation)
    }

    /// What the run learns from the labels; reads its data.
    func taskObjective() throws -> any Objective {
        switch self.task {
        case .screening: try ScreeningObjective(self)
        case .segmentation: try SegmentationObjective(self)
        case .retrieval: try RetrievalObjective(self)
        }
    }

    /// How the network is built.
    package func recipe() -> ModelRecipe {
        let volume = self.content == .volume ? self.volume.size : nil
        return ModelRecipe(
            architecture: self.model.name, classes: self.task == .segmentation ? 1 : self.data.labels.count,
            imageHeight: volume?.height ?? self.image.height, imageWidth: volume?.width ?? self.image.width,
            globalPool: self.model.globalPool, lora: self.model.lora, embedding: self.embeddingHead, slices: volume?.depth)
    }

    private var embeddingHead: EmbeddingHead? {
        guard self.task == .retrieval else { return nil }
        return EmbeddingHead(
            length: self.retrieval.embeddingLength, hidden: self.retrieval.hiddenUnits, dropout: self.retrieval.dropout,
            labels: self.retrieval.loss == .microF1 ? self.data.labels.count : 0)
    }

    /// What the examples are.
    package var content: ImageFolder.Content { ArchitectureTable.isVolumetric(self.model.name) ? .volume : .picture }

    package var modelTask: ModelTask {
        switch self.task {
        case .screening: .screening(self.screeningTask)
        case .segmentation: .segmentation(self.segmentationTask)
        case .retrieval: .retrieval(self.retrievalTask)
        }
    }

    package var retrievalTask: RetrievalTask {
        RetrievalTask(
            labelNames: self.data.labels, embeddingLength: self.retrieval.embeddingLength,
            input: self.content == .volume ? .volume(self.volume) : .picture(self.image))
    }

    package var segmentationTask: SegmentationTask {
        SegmentationTask(classNames: [self.data.maskClass], preprocessing: self.image)
    }

    package var screeningTask: ScreeningTask {
        ScreeningTask(classNames: self.data.classNames, referableFrom: self.data.referableFrom, preprocessing: self.image)
    }

    package func graphOptions(batchSize: Int) -> TrainingGraphOptions {
        var options = TrainingGraphOptions(
            inputShape: self.recipe().inputShape(batch: batchSize), adapters: self.model.lora, optimizer: self.optimizer,
            gradientClip: self.training.gradientClip)
        options.recomputesActivations = self.training.gradientCheckpointing
        return options
    }

    /// Refuses values that no run can have; the key at fault is named.
    package func validate() throws(ConfigurationError) {
        func require(_ condition: Bool, _ key: String, _ message: String) throws(ConfigurationError) {
            guard condition else { throw ConfigurationError(.value, key, message) }
        }
        try require(!self.data.csv.isEmpty, "data.csv", "is missing: the CSV with id_code,diagnosis")
        try require(!self.data.images.isEmpty, "data.images", "is missing: the folder of the pictures")
        try require(self.data.classNames.count >= 2, "data.class_names", "needs two names or more")
        try require(
            self.data.labelNames.isEmpty || self.task == .retrieval, "data.label_names",
            "is for retrieval; \(self.task.rawValue) takes one label for each picture")
        let referable = self.data.referableFrom ?? 1
        try require(
            self.task != .screening || referable >= 1 && referable < self.data.classNames.count, "data.referable_from",
            "must be 1...\(self.data.classNames.count - 1), or null where the classes are no grades")
        try require(
            self.data.validationShare >= 0 && self.data.validationShare < 1, "data.validation_share",
            "must be at least 0 and below 1")
        try require(self.training.epochs >= 1, "training.epochs", "must be 1 or more")
        try require(self.training.batchSize >= 1, "training.batch_size", "must be 1 or more")
        try require(
            self.training.learningRate > 0 && self.training.learningRate.isFinite, "training.learning_rate", "must be above 0")
        try require(
            self.training.labelSmoothing >= 0 && self.training.labelSmoothing <= 1, "training.label_smoothing", "must be 0...1")
        try require((self.training.gradientClip ?? 1) > 0, "training.gradient_clip", "must be above 0, or null")
        try require(
            self.training.warmupEpochs >= 0 && self.training.warmupEpochs <= Double(self.training.epochs),
            "training.warmup_epochs",
            "must be 0...\(self.training.epochs)")
        if let lora = self.model.lora {
            try require(lora.rank >= 1, "model.lora.rank", "must be 1 or more")
            try require(lora.dropout >= 0 && lora.dropout < 1, "model.lora.dropout", "must be at least 0 and below 1")
        }
        try require(
            ArchitectureTable.names.contains(self.model.name), "model.name",
            "unknown architecture \(self.model.name); known are \(ArchitectureTable.names.joined(separator: ", "))")
        let isTransformer = self.model.name.hasPrefix("vit") || self.model.name == "retfound"
        try require(
            !isTransformer || self.image.height % 16 == 0 && self.image.height == self.image.width, "image.size",
            "must be square and a multiple of 16 for \(self.model.name)")
        try require(
            ArchitectureTable.isDense(self.model.name) == (self.task == .segmentation), "model.name",
            "\(self.model.name) is not made for \(self.task.rawValue)")
        try require(
            self.content == .picture || self.task == .retrieval, "model.name",
            "\(self.model.name) is not made for \(self.task.rawValue)")
        if self.content == .volume {
            let size = self.volume.size
            try require(
                size.depth % 3 == 0 && size.height >= 65 && size.width >= 65, "volume.size",
                "must be a multiple of 3 slices of 65 x 65 or more for \(self.model.name)")
        }
        try self.validateTargets()
        if let distillation = self.distillation { try self.validateDistillation(distillation, require) }
        switch self.task {
        case .screening: break
        case .segmentation: try self.validateSegmentation(require)
        case .retrieval: try self.validateRetrieval(require)
        }
    }

    private typealias Requirement = (Bool, String, String) throws(ConfigurationError) -> Void

    private func validateDistillation(
        _ section: DistillationSection, _ require: Requirement
    ) throws(ConfigurationError) {
        try require(!section.teacher.isEmpty, "distillation.teacher", "is missing: the run that teaches")
        try require(self.task != .retrieval, "distillation", "is made for screening and segmentation, not for retrieval")
        try require(section.temperature > 0 && section.temperature.isFinite, "distillation.temperature", "must be above 0")
        for (key, share) in [("alpha", section.alpha), ("beta", section.beta), ("gamma", section.gamma)] {
            try require(share >= 0 && share.isFinite, "distillation.\(key)", "must be 0 or more")
        }
        try require(section.beta + section.gamma > 0, "distillation.beta", "and gamma are 0, so that the teacher is not heard")
    }

    private func validateSegmentation(_ require: Requirement) throws(ConfigurationError) {
        try require(!self.data.masks.isEmpty, "data.masks", "is missing: the folder of the masks")
        try require(
            self.data.maskValues.count == 2 && self.data.maskValues[0] != self.data.maskValues[1], "data.mask_values",
            "must be two different grey values, background first")
        try require(
            self.image.height % 32 == 0 && self.image.width % 32 == 0, "image.size",
            "must be multiples of 32 for \(self.model.name)")
        try require((0...1).contains(self.training.diceWeight), "training.dice_weight", "must be 0...1")
        try require(
            self.training.bestBy == .dice || self.training.bestBy == .loss, "training.best_by",
            "must be dice or loss for segmentation")
    }

    private func validateRetrieval(_ require: Requirement) throws(ConfigurationError) {
        let (data, retrieval) = (self.data, self.retrieval)
        try require(
            Set(data.labels).count == data.labels.count && data.labels.count <= 64,
            data.labelNames.isEmpty ? "data.class_names" : "data.label_names", "must be different names, 64 at most")
        try require(retrieval.margin > 0 && retrieval.margin.isFinite, "retrieval.margin", "must be above 0")
        try require(retrieval.classesPerBatch >= 2, "retrieval.classes_per_batch", "must be 2 or more")
        try require(retrieval.samplesPerClass >= 2, "retrieval.samples_per_class", "must be 2 or more")
        try require((retrieval.batchesPerEpoch ?? 1) >= 1, "retrieval.batches_per_epoch", "must be 1 or more, or null")
        try require((1...65536).contains(retrieval.embeddingLength), "retrieval.embedding_length", "must be 1 to 65536")
        try require(retrieval.hiddenUnits >= 1, "retrieval.hidden_units", "must be 1 or more")
        try require(retrieval.dropout >= 0 && retrieval.dropout < 1, "retrieval.dropout", "must be at least 0 and below 1")
        try require(
            retrieval.trainEvalShare > 0 && retrieval.trainEvalShare <= 1, "retrieval.train_eval_share",
            "must be above 0 and at most 1")
        let bests: [TrainingConfiguration.BestBy] = retrieval.loss == .microF1 ? [.map, .knn, .microF1] : [.map, .knn]
        try require(
            bests.contains(self.training.bestBy), "training.best_by",
            "must be \(bests.map(\.rawValue).joined(separator: " or ")) for retrieval by \(retrieval.loss.rawValue)")
        try require(
            self.training.bestBy != .knn || data.labelNames.isEmpty, "training.best_by",
            "cannot be knn for pictures of several labels")
    }
}

extension TrainingConfiguration.DataSection {
    /// Names of the labels that a picture can have.
    package var labels: [String] { self.labelNames.isEmpty ? self.classNames : self.labelNames }

    /// How the CSV says which they are.
    package var labelScheme: LabelScheme {
        self.labelNames.isEmpty ? .grades(classes: self.classNames.count) : .columns(self.labelNames)
    }
}

extension TrainingConfiguration {
    /// Refuses adapters that would adapt nothing.
    private func validateTargets() throws(ConfigurationError) {
        guard let lora = self.model.lora, let parameters = try? self.recipe().graph(batch: 1, mode: .inference).parameters,
            !parameters.contains(where: { $0.role == .adapter })
        else { return }
        let linear = Set(parameters.filter { $0.role == .weight && $0.shape.count == 2 }.compactMap { Self.lastModule($0.name) })
        let known = linear.isEmpty ? "it has none" : "it has \(linear.sorted().joined(separator: ", "))"
        throw ConfigurationError(
            .value, "model.lora.targets",
            "\(lora.targets.joined(separator: ", ")) names no linear layer of \(self.model.name); \(known)")
    }

    /// `qkv` of `blocks.0.attn.qkv.weight`.
    private static func lastModule(_ name: String) -> String? { name.split(separator: ".").dropLast().last.map(String.init) }
}

extension TrainingConfiguration.SystemSection {
    /// Compute threads, all cores of the process when 0 is set.
    package var computeThreads: Int {
        self.threads > 0 ? self.threads : Cores.count
    }
}
