package import Architectures
import Graph
import Imaging
import Pipelines
import Metrics
import Foundation

extension ExportSource {
    /// A network that nobody trained, for benchmarks and tests. No parameter has a neutral value (a scale of 1, a bias
    /// of 0), so that a fold or a merge that forgets one gives other numbers.
    package static func random(_ recipe: ModelRecipe, seed: UInt64) throws(ExportError) -> ExportSource {
        do {
            let specs = try recipe.graph(batch: 1, mode: .inference).parameters
            var weights: [String: Tensor] = [:]
            for (stream, spec) in specs.enumerated() {
                var random = SplitMix64(seed: seed, stream: UInt64(stream))
                weights[spec.name] = spec.randomTensor(&random)
            }
            let preprocessing = try Preprocessing(height: recipe.imageHeight, width: recipe.imageWidth)
            let input =
                try recipe.slices.map {
                    NetworkInput.volume(try VolumePreprocessing(size: [$0, recipe.imageHeight, recipe.imageWidth]))
                } ?? .picture(preprocessing)
            let names = (0..<recipe.classes).map { "class \($0)" }
            let task: ModelTask =
                if let head = recipe.embedding {
                    .retrieval(RetrievalTask(labelNames: names, embeddingLength: head.length, input: input))
                } else if ArchitectureTable.isDense(recipe.architecture) {
                    .segmentation(SegmentationTask(classNames: names, preprocessing: preprocessing))
                } else {
                    .screening(ScreeningTask(classNames: names, referableFrom: nil, preprocessing: preprocessing))
                }
            return ExportSource(
                recipe: recipe, task: task, weights: weights, suggestedName: modelName(recipe.architecture),
                checkpoint: "random", configurationSHA256: [UInt8]().withUnsafeBytes { sha256(of: $0) })
        } catch {
            throw ExportError(error)
        }
    }
}

extension ParameterSpec {
    /// A tensor around the initial values, with some spread everywhere.
    fileprivate func randomTensor(_ random: inout SplitMix64) -> Tensor {
        let tensor = Tensor(zeros: TensorType(.float32, self.shape))
        let initializer = self.initializer
        let isVariance = self.name.hasSuffix(".running_var")
        tensor.withElements(as: Float.self) { elements in
            for index in elements.indices {
                let u = Float(2 * random.unit() - 1)
                elements[index] =
                    switch initializer {
                    case .constant(let value): value + u * (isVariance ? 0.3 : 0.1)
                    case .uniform(let bound): u * bound
                    // The same deviation as the normal one; never so small that logits vanish.
                    case .normal(let deviation), .truncatedNormal(let deviation): u * Float(3).squareRoot() * max(deviation, 0.02)
                    }
            }
        }
        return tensor
    }
}
