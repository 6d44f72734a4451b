import Graph
import Pipelines
package import Runtime
import Architectures

/// Compares the training graph with a written file.
package struct Validator: Sendable {
    /// Batch sizes that are compared.
    package static let batches = [1, 3]
    package static let seeds: [UInt64] = [1, 2, 3]

    private let source: SourceNetwork
    private let session: Session
    private let size: ImageSize
    /// Modules whose adapters are merged in the file.
    private let adaptedPaths: Set<String>

    /// - Parameters:
    ///   - source: the recipe's graph with adapters.
    ///   - session: on the written file.
    package init(source: SourceNetwork, session: Session, size: ImageSize, adaptedPaths: Set<String>) {
        self.source = source
        self.session = session
        self.size = size
        self.adaptedPaths = adaptedPaths
    }

    /// Every output for every batch size and seed.
    package func cases() throws -> [ValidationReport.Case] {
        var cases: [ValidationReport.Case] = []
        for batch in Self.batches {
            let plan = try self.source.plan(batch: batch)
            for seed in Self.seeds {
                let input = self.input(batch: batch, seed: seed)
                try plan.setInput(ModelRecipe.inputName, input)
                try plan.run()
                let outputs = try self.session.runAndWait([ModelRecipe.inputName: input])
                for output in plan.graph.outputs {
                    guard let actual = outputs[output.name] else {
                        throw ExportError(.invalidFile, output.name, "the written file has no such output")
                    }
                    let difference = TensorDifference(expected: try plan.output(output.name), actual: actual)
                    cases.append(
                        ValidationReport.Case(
                            output: output.name, batch: batch, seed: seed,
                            status: ValidationStatus(relativeDifference: difference.maxRelative), difference: difference))
                }
            }
        }
        return cases
    }

    /// Runs both graphs node by node and names the first node of the file that differs beyond the tolerance, or the
    /// worst one when none does. Nil when nothing can be compared.
    package func divergence(tolerance: Double = ValidationStatus.warnThreshold) throws -> ValidationReport.Divergence? {
        let input = self.input(batch: 1, seed: Self.seeds[0])
        let plan = try self.source.plan(batch: 1, tracing: true)
        try plan.setInput(ModelRecipe.inputName, input)
        try plan.run()
        var values: [String: ValueID] = [:]
        for node in plan.graph.nodes { values[node.name] = node.outputs[0] }
        var worst: (node: String, source: String, difference: Double)?
        var compared = 0
        for (name, tensors) in try self.session.trace([ModelRecipe.inputName: input]) {
            guard let counterpart = self.counterpart(of: name, in: values), let id = values[counterpart],
                let actual = tensors.first, plan.graph[id].type == actual.type, actual.type.dataType == .float32
            else { continue }
            compared += 1
            let difference = TensorDifference(expected: plan.view(id), actual: actual).maxRelative
            if difference > tolerance {
                return ValidationReport.Divergence(
                    node: name, sourceNode: counterpart, maxRelativeDifference: difference, exceedsTolerance: true,
                    comparedNodes: compared)
            }
            if difference > worst?.difference ?? -1 { worst = (name, counterpart, difference) }
        }
        return worst.map {
            ValidationReport.Divergence(
                node: $0.node, sourceNode: $0.source, maxRelativeDifference: $0.difference, exceedsTolerance: false,
                comparedNodes: compared)
        }
    }

    /// The node of the training graph that makes the same value; nil where merging leaves none.
    ///
    /// A merged linear gives after its bias what the training graph gives after its adapter.
    private func counterpart(of node: String, in values: [String: ValueID]) -> String? {
        let hasBias = node.hasSuffix("/bias")
        let path = hasBias ? String(node.dropLast("/bias".count)) : node
        guard self.adaptedPaths.contains(path) else { return node }
        return hasBias || values[path + "/bias"] == nil ? path + "/adapted" : nil
    }

    private func input(batch: Int, seed: UInt64) -> Tensor {
        SeededInput(seed: seed, shape: self.source.inputShape(batch: batch)).tensor()
    }
}
