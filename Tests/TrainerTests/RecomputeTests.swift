import Architectures
import Graph
import Kernels
import Runtime
import TestSupport
import Testing
import Trainer

/// A step that computes activations again.
@Suite struct RecomputeTests {
    private struct Result {
        var losses: [Double] = []
        /// Parameters, running statistics and momenta, in which the gradients are.
        var tensors: [String: [Float]] = [:]
        var arenaByteCount = 0
    }

    /// Three steps from the same parameters, with dropout and batch statistics.
    private static func train(_ recipe: ModelRecipe, batch: Int, recomputes: Bool) throws -> Result {
        let optimizer = Self.optimizer
        var options = TrainingGraphOptions(
            inputShape: recipe.inputShape(batch: batch), adapters: recipe.lora, optimizer: optimizer, gradientClip: 1)
        options.recomputesActivations = recomputes
        let isEmbedding = recipe.embedding != nil
        let loss: any TrainingLoss =
            isEmbedding ? RetrievalLoss(.microF1, margin: 0) : ClassificationLoss(classes: recipe.classes)
        let graph = try TrainingGraph(recipe.make(), loss, options)
        var store = ParameterStore(graph.parameters, seed: 5)
        store.addZeros(graph.optimizerState)
        let plan = try Plan(graph.graph, parameters: store.tensors, packs: PackStore(), options: Plan.Options(threads: 2))
        var result = try ComputeThread(threads: 2).runAndWait {
            var result = Result()
            for step in 1...3 {
                let input = GoldenGenerator.uniform("recompute.\(step)", shape: recipe.inputShape(batch: batch), scale: 2)
                try plan.setInput("input", input)
                if isEmbedding {
                    let bits = (0..<batch * recipe.classes).map { Float($0 % 3 == 0 ? 1 : 0) }
                    try plan.setInput("targets", Tensor(bits, shape: [batch, recipe.classes]))
                } else {
                    try plan.setInput("labels", Tensor((0..<batch).map { Int64($0 % recipe.classes) }, shape: [batch]))
                }
                try plan.setInput("mask", Tensor([Float](repeating: 1, count: batch), shape: [batch]))
                if plan.hasInput(ModelBuilder.dropoutSeedName) {
                    try plan.setInput(ModelBuilder.dropoutSeedName, Tensor([Int64(9), Int64(step)], shape: [2]))
                }
                let hyper = Hyperparameters(learningRate: 1e-3, step: step).values(optimizer)
                try plan.setInput(Hyperparameters.inputName, Tensor(hyper, shape: [Hyperparameters.count]))
                try plan.run()
                result.losses.append(Double(try plan.output("loss").array(of: Float.self)[0]))
            }
            return result
        }
        result.tensors = store.tensors.mapValues { $0.array(of: Float.self) }
        result.arenaByteCount = plan.arenaByteCount
        return result
    }

    private static let optimizer: OptimizerConfiguration = {
        var optimizer = OptimizerConfiguration()
        optimizer.kind = .sgd
        return optimizer
    }()

    /// The tensors whose largest difference is above `bound` of their largest element.
    private static func different(_ first: Result, _ second: Result, bound: Float) -> [String] {
        first.tensors.keys.sorted().filter { name in
            let (a, b) = (first.tensors[name] ?? [], second.tensors[name] ?? [.nan])
            let largest = a.map(abs).max() ?? 0
            return a.count != b.count || !zip(a, b).allSatisfy { abs($0 - $1) <= bound * largest }
        }
    }

    private static let recipes = [
        ModelRecipe(architecture: "resnet18", classes: 3, imageSize: 160),
        ModelRecipe(
            architecture: "vit_tiny_patch16", classes: 3, imageSize: 160, lora: LoRAConfiguration(rank: 4, dropout: 0.2)),
        ModelRecipe(
            architecture: "proximity100x100", classes: 4, imageHeight: 97, imageWidth: 129,
            embedding: EmbeddingHead(length: 16, labels: 4), slices: 12),
    ]

    /// A matrix product adds a residual before its own sum or after it, as memory allows: then bits differ. Of ResNet-18's memory
    /// here a third is gradients, which nothing can save.
    @Test(arguments: zip(recipes, [(bound: 0, memory: 0.8), (1e-5, 0.7), (0, 0.7)])) func numbersAreTheSameInLessMemory(
        _ recipe: ModelRecipe, _ limits: (bound: Double, memory: Double)
    ) throws {
        let bound = limits.bound
        let kept = try Self.train(recipe, batch: 8, recomputes: false)
        let again = try Self.train(recipe, batch: 8, recomputes: true)
        let ratio = Double(again.arenaByteCount) / Double(kept.arenaByteCount)
        #expect(ratio < limits.memory, "\(recipe.architecture): \(again.arenaByteCount) of \(kept.arenaByteCount) bytes")
        #expect(zip(again.losses, kept.losses).allSatisfy { abs($0 - $1) <= bound * abs($1) })
        #expect(Set(kept.losses).count == 3 && kept.losses.allSatisfy(\.isFinite))
        #expect(Self.different(kept, again, bound: Float(bound)) == [])
    }

    /// Nothing is gained where nothing is large.
    @Test func aSmallGraphStaysAsItIs() throws {
        var graph = Graph()
        let x = graph.input("x", TensorType(.float32, [4]))
        let w = graph.parameter("w", TensorType(.float32, [4]))
        let y = try graph.apply(Relu(), try graph.apply(Mul(), x, w))
        let loss = try graph.apply(ReduceSum(axes: [0], keepDimensions: false), y, name: "loss")
        graph.output("loss", loss)
        let differentiated = try graph.differentiated(loss, withRespectTo: [w])
        var step = differentiated.graph
        step.output("gradient", try #require(differentiated.gradients[w]))
        #expect(try step.running([.recomputeActivations]).nodes.map(\.name) == step.withoutDeadNodes().nodes.map(\.name))
    }
}
