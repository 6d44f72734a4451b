import Architectures
import Checkpoints
import Foundation
import Graph
import Imaging
import Kernels
import Pipelines
import Runtime
import Testing
import Trainer

/// Students and their teachers.
@Suite(.serialized) struct DistillationTests {
    private static func temporaryFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dr-distill-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let encode: @Sendable (SampleImage) throws -> [UInt8] = {
            try Image(width: $0.width, height: $0.height, pixels: $0.rgb).encodedPNG(level: 1)
        }
        try SampleDataset.write(
            to: folder, images: 20, seed: 3, size: 96, encode: encode,
            encodeMask: { image in
                try Image.greyPNG(image.vesselMask.map { $0 * 255 }, width: image.width, height: image.height)
            })
        return folder
    }

    private static func configuration(_ folder: URL, _ task: ModelTask.Kind) throws -> TrainingConfiguration {
        var configuration = TrainingConfiguration(
            image: try Preprocessing(crop: .none, height: 64, width: 64, filter: .bilinear, normalization: .imageNet))
        configuration.task = task
        configuration.data.csv = folder.appendingPathComponent("labels.csv").path
        configuration.data.images = folder.appendingPathComponent("images").path
        if task == .segmentation {
            configuration.data.masks = folder.appendingPathComponent("masks").path
            configuration.model.name = "unet_resnet18"
            configuration.training.bestBy = .dice
        }
        configuration.training.epochs = 2
        configuration.training.batchSize = 6
        configuration.checkpoints.everySteps = 1
        configuration.system.threads = 2
        return configuration
    }

    /// Trains and returns the path of the run.
    private static func train(_ configuration: TrainingConfiguration, at url: URL) async throws -> TrainingRun {
        try configuration.validate()
        let run = try TrainingRun.create(configuration, try configuration.objective(), at: url.path)
        #expect(try await run.fit(Interruption()) == .finished)
        return run
    }

    @Test(arguments: [ModelTask.Kind.screening, .segmentation])
    func aStudentResumesWithTheSameBits(_ task: ModelTask.Kind) async throws {
        let folder = try Self.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        var configuration = try Self.configuration(folder, task)
        _ = try await Self.train(configuration, at: folder.appendingPathComponent("teacher"))

        struct Stop: Error {}
        // Answers that are kept; then the teacher in the step, with features.
        for gamma: Float in [0, 0.2] {
            configuration.distillation = .init(teacher: folder.appendingPathComponent("teacher").path, gamma: gamma)
            configuration.augmentation.horizontalFlip = gamma > 0 ? 0.5 : 0
            let whole = try await Self.train(configuration, at: folder.appendingPathComponent("whole\(gamma)"))
            let path = folder.appendingPathComponent("stopped\(gamma)").path
            do {
                let stopped = try TrainingRun.create(configuration, try configuration.objective(), at: path)
                stopped.afterStep = { if $0 == 3 { throw Stop() } }
                await #expect(throws: Stop.self) { try await stopped.fit(Interruption()) }
            }
            let resumed = try TrainingRun.resume(at: path)
            #expect(try await resumed.fit(Interruption()) == .finished)
            #expect(resumed.weightHash == whole.weightHash)
            let kept = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasPrefix("teacher-") }
            #expect(kept.count == (gamma > 0 ? 0 : 1))
        }
    }

    /// One step from the same parameters with kept answers and with the teacher in the step.
    @Test func keptAnswersAreThoseOfTheTeacherInTheStep() async throws {
        let folder = try Self.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let configuration = try Self.configuration(folder, .segmentation)
        let path = folder.appendingPathComponent("teacher").path
        _ = try await Self.train(configuration, at: URL(fileURLWithPath: path))
        let teacher = try TeacherNetwork(run: path)
        let pixels: [Float] = (0..<36_864).map { index in Float((index * 7919) % 1013) / 500 - 1 }
        let truth: [Float] = (0..<12_288).map { index in Float((index / 50) % 2) }
        let input = Tensor(pixels, shape: [2, 3, 96, 64])
        let target = Tensor(truth, shape: [2, 1, 96, 64])

        // The teacher was trained on 64 x 64: pictures and logits are resized.
        var answering = Graph()
        let picture = answering.input("input", input.type)
        answering.output("output", try teacher.append(to: &answering, picture).output)
        let plan = try Plan(answering, parameters: teacher.parameters, packs: PackStore(), options: .init(threads: 2))
        try plan.setInput("input", input)
        try plan.run()
        let logits = try plan.output("output").copied()
        #expect(logits.type.shape == [2, 1, 96, 64])

        func loss(_ teaching: DistillationLoss.Teaching, alpha: Float, beta: Float) throws -> Float {
            let recipe = ModelRecipe(architecture: "unet_resnet18", classes: 1, imageHeight: 96, imageWidth: 64)
            let loss = DistillationLoss(
                task: SegmentationLoss(diceWeight: 0.5), teaching: teaching, temperature: 4, alpha: alpha, beta: beta)
            let options = TrainingGraphOptions(inputShape: input.type.shape, optimizer: configuration.optimizer)
            let step = try TrainingGraph(recipe.make(), loss, options)
            var store = ParameterStore(step.parameters, seed: 1)
            store.addZeros(step.optimizerState)
            if case .network = teaching { for (name, value) in teacher.parameters { store[name] = value } }
            let plan = try Plan(step.graph, parameters: store.tensors, packs: PackStore(), options: .init(threads: 2))
            let hyper = Hyperparameters(learningRate: 0, step: 1).values(configuration.optimizer)
            try plan.setInput("input", input)
            try plan.setInput("target", target)
            try plan.setInput("mask", Tensor([Float(1), 1], shape: [2]))
            if case .cached = teaching { try plan.setInput(DistillationLoss.logitsName, logits) }
            try plan.setInput(Hyperparameters.inputName, Tensor(hyper, shape: [Hyperparameters.count]))
            try plan.run()
            return try plan.output("loss").array(of: Float.self)[0]
        }
        let (kept, live) = (try loss(.cached, alpha: 0.5, beta: 0.5), try loss(.network(teacher), alpha: 0.5, beta: 0.5))
        #expect(abs(kept - live) <= 1e-5 * abs(live))
        // The shares are those of a sum.
        let parts = [try loss(.cached, alpha: 1, beta: 0), try loss(.cached, alpha: 0, beta: 1)]
        #expect(parts[1] > 1e-3)
        #expect(abs(0.5 * parts[0] + 0.5 * parts[1] - kept) <= 1e-5 * abs(kept))
    }

    @Test func teachersThatDoNotFitAreRefused() async throws {
        let folder = try Self.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        var configuration = try Self.configuration(folder, .screening)
        configuration.training.epochs = 1
        let teacher = folder.appendingPathComponent("teacher").path
        _ = try await Self.train(configuration, at: URL(fileURLWithPath: teacher))
        func refusal(_ change: (inout TrainingConfiguration) throws -> Void) throws -> String? {
            var student = configuration
            student.distillation = .init(teacher: teacher)
            try change(&student)
            do {
                try student.validate()
                _ = try student.objective()
                return nil
            } catch let error as ConfigurationError {
                return error.description
            }
        }
        #expect(try refusal { _ in } == nil)
        #expect(try refusal { $0.data.classNames[1] = "other" }?.hasPrefix("distillation.teacher: the teacher's classes") == true)
        #expect(
            try refusal { $0.image = try Preprocessing(crop: .fundus, height: 64, width: 64, normalization: .imageNet) }?
                .contains("crops") == true)
        #expect(try refusal { $0.distillation?.temperature = 0 }?.hasPrefix("distillation.temperature") == true)
        #expect(try refusal { $0.distillation?.beta = 0 }?.hasPrefix("distillation.beta") == true)
        #expect(
            try refusal {
                $0.task = .segmentation
                $0.data.masks = folder.appendingPathComponent("masks").path
                $0.model.name = "unet_resnet18"
                $0.training.bestBy = .dice
            }?.contains("the run is for screening") == true)
    }
}
