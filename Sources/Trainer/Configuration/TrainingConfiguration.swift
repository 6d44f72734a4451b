package import Architectures
package import Imaging
package import Pipelines

/// Everything that decides a training run, as `config.yaml` spells it (in snake_case).
package struct TrainingConfiguration: Sendable, Hashable, Codable {
    /// What the network is to learn.
    package var task = ModelTask.Kind.screening
    package var data = DataSection()
    /// Crop, size and normalisation; the same value goes into the exported card.
    package var image: Preprocessing
    /// Networks that take volumes: size, window and normalisation; the same value goes into the exported card.
    package var volume = VolumePreprocessing.standard
    package var model = ModelSection()
    package var augmentation = Augmentation()
    package var volumeAugmentation = VolumeAugmentation()
    package var retrieval = RetrievalSection()
    package var training = TrainingSection()
    /// A teacher to learn from; nil learns from the labels alone.
    package var distillation: DistillationSection?
    package var optimizer = OptimizerConfiguration()
    package var checkpoints = CheckpointSection()
    package var system = SystemSection()

    package init(image: Preprocessing) {
        self.image = image
    }

    package struct DataSection: Sendable, Hashable, Codable {
        /// CSV with `id_code,diagnosis` and, optionally, `patient_id` and `split`.
        package var csv = ""
        /// Folder of the pictures.
        package var images = ""
        /// A separate CSV of held-out pictures; its folder is `validationImages`, or `images`.
        package var validationCsv: String?
        package var validationImages: String?
        /// Segmentation: the folder of the masks, PNGs named as the pictures are.
        package var masks = ""
        /// Segmentation: the class that the masks show.
        package var maskClass = "lesion"
        /// Segmentation: the grey values of background and class.
        package var maskValues: [UInt8] = [0, 255]
        /// Retrieval: columns of the CSV with 0 or 1 for each label; empty where the labels are the classes of `diagnosis`.
        package var labelNames: [String] = []
        /// Names of the classes in the order of their labels.
        package var classNames: [String] = TrainingConfiguration.retinopathyGrades
        /// Grades from this one on are referable; nil where the classes are no grades.
        package var referableFrom: Int? = 2
        /// Share of the patients that is held out, where neither a `split` column nor `validationCsv` decides.
        package var validationShare = 0.2
        package var splitSeed: UInt64 = 42
        /// What to do about equal pictures with different labels or in different parts.
        package var duplicates = DuplicatePolicy.report

        package init() {}
    }

    package enum DuplicatePolicy: String, Sendable, Hashable, Codable, CaseIterable {
        case report
        case refuse
    }

    package struct ModelSection: Sendable, Hashable, Codable {
        /// A name of `ArchitectureTable`.
        package var name = "resnet18"
        /// Weights to start from: .safetensors, .pth or a run directory; nil starts from random ones.
        package var weights: String?
        /// Transformers: mean of the patch tokens instead of the class token.
        package var globalPool = false
        /// Adapters on a frozen backbone; nil trains everything.
        package var lora: LoRAConfiguration?

        package init() {}
    }

    package struct TrainingSection: Sendable, Hashable, Codable {
        package var epochs = 20
        package var batchSize = 16
        package var learningRate = 5e-4
        package var minLearningRate = 1e-6
        /// Epochs, possibly a fraction, over which the rate rises from 0.
        package var warmupEpochs = 1.0
        /// Largest global norm of the gradient; nil does not clip.
        package var gradientClip: Float? = 1
        /// Activations are computed again in the backward pass instead of kept: about half the memory for a third more time.
        package var gradientCheckpointing = false
        package var labelSmoothing: Float = 0
        /// Segmentation: share of the Dice loss beside the cross-entropy, 0...1.
        package var diceWeight: Float = 0.5
        /// `none`, or `balanced`: inverse to each class's share.
        package var classWeights = ClassWeighting.none
        package var seed: UInt64 = 42
        /// The figure by which the best checkpoint is chosen.
        package var bestBy = BestBy.kappa

        package init() {}
    }

    package enum ClassWeighting: String, Sendable, Hashable, Codable, CaseIterable {
        case none
        case balanced
    }

    package enum BestBy: String, Sendable, Hashable, Codable, CaseIterable {
        case loss
        case accuracy
        /// Quadratic weighted kappa.
        case kappa
        /// Area under the ROC curve: any disease against none for grades, macro one-versus-rest else.
        case auroc
        /// Mean Dice coefficient of the held-out masks.
        case dice
        /// Mean average precision of the first 10 results.
        case map
        /// Accuracy of the vote of the nearest neighbours.
        case knn
        /// Micro-F1 of the labels.
        case microF1 = "micro_f1"
    }

    package struct CheckpointSection: Sendable, Hashable, Codable {
        /// Keep a checkpoint of every epoch.
        package var everyEpoch = false
        /// Steps between two saves of `last` within an epoch; 0 saves at the end of an epoch only.
        package var everySteps = 0

        package init() {}
    }

    package struct SystemSection: Sendable, Hashable, Codable {
        /// Compute threads; 0 takes all cores.
        package var threads = 0
        /// Batches that are decoded and augmented ahead of the step.
        package var prefetch = 3
        /// Megabytes of decoded pictures that may stay in memory.
        package var cacheMegabytes = 1024

        package init() {}
    }

    /// The international clinical scale of diabetic retinopathy.
    package static let retinopathyGrades = ["No DR", "Mild NPDR", "Moderate NPDR", "Severe NPDR", "PDR"]
}
