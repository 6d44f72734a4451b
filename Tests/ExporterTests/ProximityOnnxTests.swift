import Architectures
import Exporter
import Graph
import Kernels
import OnnxFormat
import Pipelines
import Runtime
import Testing

/// The network of volumes as an ONNX file with two outputs.
@Suite struct ProximityOnnxTests {
    @Test func aFileGivesEmbeddingAndLogits() async throws {
        let recipe = ModelRecipe(
            architecture: "proximity100x100", classes: 4, imageHeight: 65, imageWidth: 97,
            embedding: EmbeddingHead(length: 24, labels: 4), slices: 6)
        let weights = try ExportSource.random(recipe, seed: 3).weights
        let directory = try TemporaryDirectory()
        let graph = try recipe.graph(batch: 1, mode: .inference).graph
        let written = try OnnxWriter.write(
            graph: graph, opset: 17, symbolicBatch: "batch_size", weights: weights, to: directory.path)
        let session = try Session(path: written.modelPath, threads: 2)
        #expect(session.model.outputs.map(\.name) == ["output", "label_logits"])
        for batch in [1, 3] {
            let input = SeededInput(seed: 5, shape: [batch, 6, 1, 65, 97]).tensor()
            let answer = try await session.run(["input": input])
            let plan = try Plan(
                recipe.graph(batch: batch, mode: .inference).graph, parameters: weights, packs: PackStore(),
                options: Plan.Options(threads: 2))
            let expected = try ComputeThread(threads: 2).runAndWait {
                try plan.setInput("input", input)
                try plan.run()
                return try ["output", "label_logits"].map { try plan.output($0).array(of: Float.self) }
            }
            for (name, values) in zip(["output", "label_logits"], expected) {
                let actual = try #require(answer[name]).array(of: Float.self)
                #expect(actual.count == values.count && zip(actual, values).allSatisfy { abs($0 - $1) < 1e-4 }, "\(name)")
            }
            let lengths = stride(from: 0, to: expected[0].count, by: 24).map { row in
                expected[0][row..<row + 24].reduce(0) { $0 + $1 * $1 }
            }
            #expect(lengths.allSatisfy { abs($0 - 1) < 1e-5 })
        }
    }
}
