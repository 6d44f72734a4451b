import Graph
import Kernels
import TestSupport
import Testing
import TrainingKernels

/// What embeddings are made of: `LpNormalization` and `SquaredDistances`.
@Suite struct EmbeddingTests {
    private static func float(_ shape: [Int]) -> TensorType { TensorType(.float32, shape) }

    static let normalizations: [OperatorCase] = [LpNormalization.Norm.l1, .l2].flatMap { norm in
        [
            // Away from 0, where the L1 norm has a kink.
            OperatorCase("last axis, \(norm)", LpNormalization(norm: norm), [float([3, 5])], range: 0.25...1),
            OperatorCase("negative, \(norm)", LpNormalization(norm: norm), [float([2, 4])], range: -1 ... -0.25),
            OperatorCase("middle axis, \(norm)", LpNormalization(axis: 1, norm: norm), [float([2, 3, 4])], range: 0.25...1),
            OperatorCase("first axis, \(norm)", LpNormalization(axis: -2, norm: norm), [float([4, 3])], range: 0.25...1),
            // Every norm is below epsilon, so it is a division by it.
            OperatorCase("large epsilon, \(norm)", LpNormalization(norm: norm, epsilon: 50), [float([3, 5])], range: 0.25...1),
        ]
    }

    static let large = [
        OperatorCase("embeddings", LpNormalization(), [float([33, 1024])]),
        OperatorCase("odd rows", LpNormalization(norm: .l1), [float([5, 37])]),
        OperatorCase("no epsilon", LpNormalization(epsilon: 0), [float([5, 37])]),
        OperatorCase("columns", LpNormalization(axis: 1), [float([2, 9, 131])]),
        // Squares beyond the range of Float, at both ends.
        OperatorCase("huge", LpNormalization(), [float([3, 20])], range: 1e25...1e26),
        OperatorCase("tiny", LpNormalization(epsilon: 1e-37), [float([3, 20])], range: 1e-26...1e-25),
    ]

    static let distances = [
        OperatorCase("few", SquaredDistances(), [float([3, 4]), float([5, 4])]),
        OperatorCase("one row each", SquaredDistances(), [float([1, 6]), float([1, 6])]),
        OperatorCase("one number each", SquaredDistances(), [float([4, 1]), float([3, 1])]),
    ]

    static let manyDistances = [
        OperatorCase("tiles", SquaredDistances(), [float([9, 70]), float([14, 70])]),
        OperatorCase("no rows", SquaredDistances(), [float([0, 3]), float([2, 3])]),
        // Nearly equal rows far from 0: norms and products would leave no digit.
        OperatorCase("near", SquaredDistances(), [float([6, 33]), float([7, 33])], range: 1000...1000.5),
    ]

    @Test(arguments: normalizations + large + distances + manyDistances)
    func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: normalizations + distances) func gradientMatchesFiniteDifferences(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase) == nil)
    }

    @Test(arguments: normalizations + distances, [13, 17, 18, 20])
    func whatIsWrittenIsReadBack(_ testCase: OperatorCase, _ opset: Int) throws {
        #expect(try SpellingCheck.mismatch(testCase, opset: opset) == nil)
    }

    @Test(arguments: try TorchGolden.load("Normalize")) func matchesTorch(_ golden: TorchGolden) throws {
        let number = golden.attributes
        let norm = try #require(LpNormalization.Norm(rawValue: Int(number["p"] ?? 2)))
        let op = LpNormalization(axis: Int(number["axis"] ?? -1), norm: norm, epsilon: Float(number["epsilon"] ?? 1e-12))
        let x = try #require(golden.input("x"))
        for implementation in ["rows", "reference"] {
            let y = try GraphEvaluator(implementation: implementation).run(op, [x])[0]
            #expect(Tolerance.golden.mismatch(y.doubles, golden.outputs[0].tensor.doubles, "\(golden), \(implementation)") == nil)
        }
        var graph = Graph()
        let id = graph.parameter("x", x.type)
        let seed = graph.constant(try #require(golden.outputs[0].upstream))
        let y = try graph.apply(op, id)
        let result = try graph.differentiated(y, withRespectTo: [id], seed: seed)
        var full = result.graph
        full.output("dx", try #require(result.gradients[id]))
        let dx = try #require(try GraphEvaluator().run(full, ["x": x])["dx"])
        let expected = try #require(golden.inputs[0].gradient)
        #expect(Tolerance.golden.mismatch(dx.doubles, expected.doubles, "\(golden), gradient") == nil)
    }

    /// ONNX's own operator: what has no length is no number.
    @Test func readFromOnnx() throws {
        var reader = OnnxReader(
            type: "LpNormalization", opset: 17, attributes: ["axis": .int(0), "p": .int(1)], inputs: [Self.float([2, 2])],
            constants: [nil], outputCount: 1)
        let op = try LpNormalization(onnx: &reader)
        #expect(reader.unread == [] && op.axis == 0 && op.norm == .l1)
        for implementation in ["rows", "reference"] {
            let y = try GraphEvaluator(implementation: implementation).run(op, [Tensor([Float(0), 1, 0, -3], shape: [2, 2])])[0]
            let numbers = y.doubles
            #expect(numbers[0].isNaN && numbers[2].isNaN && numbers[1] == 0.25 && numbers[3] == -0.75)
        }
        var other = OnnxReader(
            type: "LpNormalization", opset: 17, attributes: ["p": .int(3)], inputs: [Self.float([2, 2])], constants: [nil],
            outputCount: 1)
        #expect(throws: GraphError.self) { try LpNormalization(onnx: &other) }
    }

    @Test(arguments: ["rows", "reference"]) func notANumberStays(_ implementation: String) throws {
        for axis in [0, 1] {
            let x = Tensor([.nan, 1, 2, 3, 4, 5], shape: [2, 3])
            let y = try GraphEvaluator(implementation: implementation).run(LpNormalization(axis: axis), [x])[0].doubles
            #expect(y[axis == 0 ? 3 : 2].isNaN && y[4].isFinite)
        }
    }

    @Test(arguments: ["tiles", "reference"]) func equalRowsHaveNoDistance(_ implementation: String) throws {
        let x = GoldenGenerator.uniform("equal rows", shape: [7, 45], scale: 100)
        let d = try GraphEvaluator(implementation: implementation).run(SquaredDistances(), [x, x])[0].doubles
        for i in 0..<7 {
            #expect(d[i * 7 + i] == 0)
            for j in 0..<7 { #expect(d[i * 7 + j] == d[j * 7 + i]) }
        }
    }

    @Test func wrongTypesAreRefused() {
        #expect(throws: GraphError.self) { try SquaredDistances().outputTypes([Self.float([2, 3]), Self.float([2, 4])]) }
        #expect(throws: GraphError.self) {
            try SquaredDistances().outputTypes([Self.float([2, 3]), TensorType(.int64, [2, 3])])
        }
        #expect(throws: GraphError.self) { try LpNormalization(axis: 2).outputTypes([Self.float([2, 3])]) }
        #expect(throws: GraphError.self) { try LpNormalization(epsilon: -1).outputTypes([Self.float([2, 3])]) }
        #expect(throws: GraphError.self) { try LpNormalization().outputTypes([TensorType(.int64, [2, 3])]) }
    }
}
