import Graph
import Kernels

/// The checks that every operator case goes through. Each returns nil, or what is wrong.
package enum OperatorChecks {
    /// Every implementation that takes the case against the reference.
    package static func implementationsMatchReference(_ testCase: OperatorCase, seed: UInt64 = 7) throws -> String? {
        guard let executable = testCase.op as? any Executable else {
            return testCase.op is any ViewOperator ? nil : "\(testCase): no kernel"
        }
        return try self.compare(executable, testCase, seed: seed)
    }

    private static func compare<Op: Executable>(_ op: Op, _ testCase: OperatorCase, seed: UInt64) throws -> String? {
        guard Op.implementations.last?.name == "reference" else { return "\(testCase): the last implementation is no reference" }
        let inputs = testCase.tensors(seed: seed)
        let expected = try GraphEvaluator(implementation: "reference").run(op, inputs)
        for implementation in Op.implementations.dropLast() {
            let actual: [Tensor]
            do {
                actual = try GraphEvaluator(implementation: implementation.name).run(op, inputs)
            } catch let error as KernelError where error.code == .unsupported {
                continue
            }
            for (index, pair) in zip(actual, expected).enumerated() {
                let what = "\(testCase), \(implementation.name), output \(index), seed \(seed)"
                if let message = testCase.tolerance.mismatch(pair.0.doubles, pair.1.doubles, what) { return message }
            }
        }
        return nil
    }

    /// The gradient rule, run with the best kernels, against central differences of the reference, for the scalar
    /// `sum(weight * output 0)` with random weights.
    package static func gradientMatchesFiniteDifferences(
        _ testCase: OperatorCase, seed: UInt64 = 11, tolerance: Tolerance = .gradient
    ) throws -> String? {
        guard case .rule = testCase.op.gradient else { return "\(testCase): no gradient rule" }
        let inputs = testCase.tensors(seed: seed)
        var graph = Graph()
        let ids = inputs.enumerated().map { index, tensor in tensor.map { graph.parameter("x\(index)", $0.type) } }
        let outputs = try graph.append(testCase.op, ids)
        var random = SeededRandom(seed: seed &+ 1)
        let weight = random.tensor(graph[outputs[0]].type, in: 0.5...1.5)
        let seedValue = graph.constant(weight, name: "weight")
        let wanted = testCase.differentiable ?? inputs.indices.filter { inputs[$0]?.type.dataType == .float32 }
        let result = try graph.differentiated(outputs[0], withRespectTo: Set(wanted.compactMap { ids[$0] }), seed: seedValue)
        var full = result.graph
        for index in wanted {
            guard let id = ids[index], let gradient = result.gradients[id] else {
                return "\(testCase): input \(index) has no gradient"
            }
            full.output("g\(index)", gradient)
        }
        let bindings = Dictionary(
            uniqueKeysWithValues: inputs.enumerated().compactMap { index, tensor in tensor.map { ("x\(index)", $0) } })
        let gradients = try GraphEvaluator().run(full, bindings)
        for index in wanted {
            guard let input = inputs[index], let gradient = gradients["g\(index)"] else { continue }
            let expected = try self.differences(testCase, inputs, input, weight)
            let what = "\(testCase), gradient of input \(index), seed \(seed)"
            if let message = tolerance.mismatch(gradient.doubles, expected, what) { return message }
        }
        return nil
    }

    /// Central differences of `sum(weight * output 0)` with respect to each element of `input`.
    private static func differences(
        _ testCase: OperatorCase, _ inputs: [Tensor?], _ input: Tensor, _ weight: Tensor
    ) throws -> [Double] {
        let weights = weight.doubles
        func loss() throws -> Double {
            let output = try GraphEvaluator(implementation: "reference").run(testCase.op, inputs)[0]
            return zip(output.doubles, weights).reduce(0) { $0 + $1.0 * $1.1 }
        }
        return try input.withElements(as: Float.self) { elements in
            try elements.indices.map { index in
                let value = elements[index]
                defer { elements[index] = value }
                elements[index] = value + testCase.step
                let above = try loss()
                let upper = elements[index]
                elements[index] = value - testCase.step
                let below = try loss()
                return (above - below) / Double(upper - elements[index])
            }
        }
    }
}
