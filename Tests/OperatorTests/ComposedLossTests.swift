import Graph
import Kernels
import TestSupport
import Testing
import TrainingKernels

/// Losses that are compositions of operators, against PyTorch and against central differences.
@Suite struct ComposedLossTests {
    static let operations = [
        "GradedMicroF1", "Triplet", "BatchHardTriplet", "BernoulliDivergence", "SoftmaxDivergence", "MulticlassDice",
        "MeanSquaredError",
    ]

    /// The graph of a golden case.
    private static func graph(_ golden: TorchGolden) throws -> LossGraph {
        var loss = LossGraph()
        var ids: [String: ValueID] = [:]
        for (name, tensor, _) in golden.inputs { ids[name] = loss.add(name, tensor) }
        func id(_ name: String) throws -> ValueID { try #require(ids[name], "\(golden) has no \(name)") }
        let number = golden.attributes
        let result: ValueID
        switch golden.operation {
        case "GradedMicroF1": result = try loss.graph.gradedMicroF1Loss(logits: id("logits"), targets: id("targets"))
        case "Triplet":
            result = try loss.graph.tripletLoss(
                queries: id("queries"), items: id("items"), anchors: id("anchors"), positives: id("positives"),
                negatives: id("negatives"), mask: id("mask"), margin: Float(number["margin"] ?? .nan),
                distance: number["root"] == 1 ? .euclidean : .squaredEuclidean)
        case "BatchHardTriplet":
            result = try loss.graph.batchHardTripletLoss(
                embeddings: id("embeddings"), labels: id("labels"), margin: Float(number["margin"] ?? .nan))
        case "BernoulliDivergence":
            result = try loss.graph.bernoulliDivergenceLoss(
                student: id("student"), teacher: id("teacher"), temperature: Float(number["temperature"] ?? .nan))
        case "SoftmaxDivergence":
            result = try loss.graph.softmaxDivergenceLoss(
                student: id("student"), teacher: id("teacher"), temperature: Float(number["temperature"] ?? .nan),
                axis: Int(number["axis"] ?? 0))
        case "MulticlassDice": result = try loss.graph.multiclassDiceLoss(logits: id("logits"), labels: id("labels"))
        default: result = try loss.graph.meanSquaredError(id("a"), id("b"))
        }
        loss.finish(result)
        return loss
    }

    static let goldens: [TorchGolden] = operations.flatMap { (try? TorchGolden.load($0)) ?? [] }

    @Test func everyLossHasGoldens() {
        #expect(Set(Self.goldens.map(\.operation)) == Set(Self.operations))
    }

    @Test(arguments: goldens) func matchesTorch(_ golden: TorchGolden) throws {
        let loss = try Self.graph(golden)
        let wanted = golden.inputs.filter { $0.gradient != nil }
        let upstream = try #require(golden.outputs[0].upstream).doubles[0]
        let result = try loss.gradients(of: wanted.map(\.name), upstream: Float(upstream))
        let expected = golden.outputs[0].tensor.doubles
        #expect(Tolerance.golden.mismatch(result.loss.doubles, expected, "\(golden)") == nil)
        #expect(Tolerance.golden.mismatch([try loss.value(loss.bindings)], expected, "\(golden), reference") == nil)
        let tolerance = Tolerance(absolute: 1e-6, relative: 2e-4)
        for (name, _, gradient) in wanted {
            let actual = try #require(result.gradients[name])
            #expect(tolerance.mismatch(actual.doubles, try #require(gradient).doubles, "\(golden), gradient of \(name)") == nil)
        }
    }

    @Test(arguments: goldens) func gradientsMatchFiniteDifferences(_ golden: TorchGolden) throws {
        let loss = try Self.graph(golden)
        // Small steps, so that a hinge seldom lies inside one.
        for input in golden.inputs where input.gradient != nil {
            #expect(try loss.mismatch(input.name, step: 1.0 / 512, tolerance: .differences) == nil)
        }
    }

    /// A mask leaves the same loss as a batch without the samples that it leaves out.
    @Test func masksLeaveSamplesOut() throws {
        let all = GoldenGenerator.uniform("masked", shape: [4, 3], scale: 2)
        let other = GoldenGenerator.uniform("masked too", shape: [4, 3], scale: 2)
        let targets = Tensor(other.array(of: Float.self).map { Float($0 > 0 ? 1 : 0) }, shape: [4, 3])
        let counts: [Float] = [1, 0, 1, 0]
        func half(_ tensor: Tensor) -> Tensor {
            let values = tensor.array(of: Float.self)
            return Tensor(Array(values[0..<3] + values[6..<9]), shape: [2, 3])
        }
        typealias Make = (inout Graph, ValueID, ValueID, ValueID?) throws -> ValueID
        let losses: [(Make, Tensor, [Int])] = [
            ({ try $0.gradedMicroF1Loss(logits: $1, targets: $2, mask: $3) }, targets, [4]),
            ({ try $0.bernoulliDivergenceLoss(student: $1, teacher: $2, temperature: 2, mask: $3) }, other, [4, 1]),
            ({ try $0.softmaxDivergenceLoss(student: $1, teacher: $2, temperature: 2, mask: $3) }, other, [4, 1]),
            ({ try $0.meanSquaredError($1, $2, mask: $3) }, other, [4, 1]),
        ]
        for (make, second, maskShape) in losses {
            var masked = LossGraph()
            let (a, b) = (masked.add("a", all), masked.add("b", second))
            let mask = masked.add("mask", Tensor(counts, shape: maskShape))
            masked.finish(try make(&masked.graph, a, b, mask))
            var small = LossGraph()
            let (c, d) = (small.add("a", half(all)), small.add("b", half(second)))
            small.finish(try make(&small.graph, c, d, nil))
            let (actual, expected) = (try masked.value(masked.bindings), try small.value(small.bindings))
            #expect(Tolerance.float32.accepts(actual, expected), "\(actual), expected \(expected)")
            #expect(expected > 0.01)
        }
    }

    /// A list of triplets that nothing was mined for.
    @Test func noTripletsAreNoLoss() throws {
        var loss = LossGraph()
        let rows = loss.add("rows", GoldenGenerator.uniform("rows", shape: [3, 4], scale: 1))
        let zeros = loss.add("zeros", Tensor([Int64(0), 0], shape: [2]))
        let mask = loss.add("mask", Tensor([Float(0), 0], shape: [2]))
        loss.finish(
            try loss.graph.tripletLoss(
                queries: rows, items: rows, anchors: zeros, positives: zeros, negatives: zeros, mask: mask, margin: 1))
        let result = try loss.gradients(of: ["rows"])
        #expect(result.loss.doubles == [0])
        #expect(result.gradients["rows"]?.doubles == [Double](repeating: 0, count: 12))
    }

    /// A row number outside the items is an error when it runs.
    @Test func rowsOutsideAreAnError() throws {
        var loss = LossGraph()
        let rows = loss.add("rows", GoldenGenerator.uniform("rows", shape: [3, 4], scale: 1))
        let first = loss.add("first", Tensor([Int64(0)], shape: [1]))
        let outside = loss.add("outside", Tensor([Int64(3)], shape: [1]))
        let mask = loss.add("mask", Tensor([Float(1)], shape: [1]))
        loss.finish(
            try loss.graph.tripletLoss(
                queries: rows, items: rows, anchors: first, positives: first, negatives: outside, mask: mask, margin: 1))
        #expect(throws: KernelError.self) { try loss.value(loss.bindings) }
    }

    @Test func wrongShapesAreRefused() throws {
        var loss = LossGraph()
        let a = loss.add("a", Tensor(zeros: TensorType(.float32, [2, 3])))
        let b = loss.add("b", Tensor(zeros: TensorType(.float32, [3, 2])))
        let labels = loss.add("labels", Tensor([Int64(0), 1, 0], shape: [3]))
        let long = loss.add("long", Tensor(zeros: TensorType(.float32, [4, 2, 3])))
        #expect(throws: GraphError.self) { try loss.graph.meanSquaredError(a, b) }
        #expect(throws: GraphError.self) { try loss.graph.meanSquaredError(a, a, mask: long) }
        #expect(throws: GraphError.self) { try loss.graph.bernoulliDivergenceLoss(student: a, teacher: b, temperature: 1) }
        #expect(throws: GraphError.self) { try loss.graph.softmaxDivergenceLoss(student: a, teacher: a, temperature: 0) }
        #expect(throws: GraphError.self) { try loss.graph.batchHardTripletLoss(embeddings: a, labels: labels) }
        #expect(throws: GraphError.self) { try loss.graph.multiclassDiceLoss(logits: a, labels: labels) }
        #expect(throws: GraphError.self) { try loss.graph.gradedMicroF1Loss(logits: a, targets: b) }
    }
}

extension Tolerance {
    /// Central differences of a float32 loss over steps of 1/512.
    fileprivate static let differences = Tolerance(absolute: 5e-4, relative: 1e-2)
}
