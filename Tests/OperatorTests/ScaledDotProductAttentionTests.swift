import Graph
import Kernels
import TestSupport
import Testing
import TrainingKernels

struct ScaledDotProductAttentionTests {
    /// q, k, v of B, H, N, M, D, E, and a mask.
    static func types(_ b: Int, _ h: Int, _ n: Int, _ m: Int, _ d: Int, _ e: Int, mask: [Int]? = nil) -> [TensorType?] {
        let shapes = [[b, h, n, d], [b, h, m, d], [b, h, m, e]] + (mask.map { [$0] } ?? [])
        return shapes.map { TensorType(.float32, $0) }
    }

    static func problem(
        _ name: String, scale: Float? = nil, _ types: [TensorType?], range: ClosedRange<Float> = -1...1,
        fixed: [Int: Tensor] = [:], tolerance: Tolerance = .float32
    ) -> OperatorCase {
        OperatorCase(
            name, ScaledDotProductAttention(scale: scale), types, range: range, fixed: fixed, differentiable: [0, 1, 2],
            tolerance: tolerance)
    }

    /// Keys 2 and 5 of 6 are padding.
    static let padding = Tensor([0, 0, -.infinity, 0, 0, -.infinity], shape: [1, 1, 1, 6])

    static let cases = [
        problem("plain", types(2, 2, 5, 5, 8, 8)),
        problem("cross", scale: 0.75, types(1, 2, 3, 6, 4, 5)),
        problem("single token", types(1, 2, 1, 1, 3, 2)),
        problem("tile edges", types(1, 1, 13, 17, 17, 1)),
        problem("full mask", types(2, 2, 3, 4, 4, 4, mask: [2, 2, 3, 4]), range: -2...2),
        problem("mask of the queries", types(2, 2, 3, 4, 4, 4, mask: [2, 1, 3, 1])),
        problem("mask of two axes", types(2, 2, 3, 4, 4, 4, mask: [3, 4]), range: -2...2),
        problem("padding keys", types(2, 1, 3, 6, 4, 4, mask: [1, 1, 1, 6]), fixed: [3: padding]),
        problem("negative scale", scale: -0.5, types(1, 1, 4, 3, 4, 4)),
    ]

    static let large = [
        // More than one block of queries, and more keys than one step of the depth.
        problem("vision transformer", types(1, 3, 197, 197, 64, 64)),
        problem("many keys", types(1, 1, 53, 1100, 16, 24)),
        problem("more keys than a block likes", types(1, 1, 5, 5700, 4, 4)),
        // Scores above 100: exponentials overflow without a peak. A score's rounding error is a probability's relative error.
        problem(
            "peaked", scale: 4, types(1, 2, 20, 70, 32, 8), range: -2...2, tolerance: Tolerance(absolute: 2e-4, relative: 2e-4)),
        problem("blocks with a mask", types(2, 2, 100, 33, 8, 8, mask: [2, 2, 100, 33]), range: -3...3),
    ]

    /// Keys on a grid, with numbers for its rows and columns; scores of several blocks of keys.
    static let grids = [
        problem(
            "grid", types(2, 2, 5, 6, 4, 4) + [nil, TensorType(.float32, [2, 2, 5, 2]), TensorType(.float32, [2, 2, 5, 3])]),
        problem(
            "grid of several blocks",
            types(1, 2, 101, 600, 8, 8) + [nil, TensorType(.float32, [1, 2, 101, 20]), TensorType(.float32, [1, 2, 101, 30])],
            range: -2...2),
    ]

    /// Operands that lie otherwise than head by head: B = 2, H = 3, N = 5, M = 6, D = 4, E = 7.
    static let arranged = [
        arrangement(
            "tokens", .init(queries: .tokens, keys: .tokens, values: .tokens, result: .tokens),
            [
                [2, 5, 3, 4], [2, 6, 3, 4], [2, 6, 3, 7],
            ]),
        arrangement(
            "rows outside", .init(queries: .init(axes: [1, 2, 0]), result: .init(axes: [1, 2, 0])),
            [
                [5, 2, 3, 4], [2, 3, 6, 4], [2, 3, 6, 7],
            ]),
        arrangement(
            "parts",
            .init(
                scale: 0.25, queries: .init(axes: [0, 3, 1], part: 1), keys: .init(axes: [1, 2, 3], part: 2),
                values: .init(axes: [0, 1, 2], part: 0)),
            [[2, 5, 2, 3, 4], [3, 2, 3, 6, 4], [2, 3, 6, 2, 7]]),
    ]

    private static func arrangement(
        _ name: String, _ op: ScaledDotProductAttention, _ shapes: [[Int]]
    ) -> OperatorCase {
        OperatorCase(name, op, shapes.map { TensorType(.float32, $0) }, range: -1...1)
    }

    @Test(arguments: arranged) func arrangedOperandsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: grids) func positionsOfAGridMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    /// Keys that come later raise the largest score of a row, block by block, after blocks of nothing but minus infinity.
    @Test func maskedBlocksBeforeOthers() throws {
        let keys = 700
        let mask = (0..<(3 * keys)).map { index -> Float in
            let (query, key) = (index / keys, index % keys)
            return query == 0 || key < 600 ? -.infinity : Float(key) / 50
        }
        let testCase = Self.problem(
            "late keys", Self.types(1, 1, 3, keys, 4, 4, mask: [3, keys]), fixed: [3: Tensor(mask, shape: [3, keys])])
        let inputs = testCase.tensors(seed: 4)
        let outputs = try ["reference", nil].map { try GraphEvaluator(implementation: $0).run(testCase.op, inputs)[0].doubles }
        #expect(outputs.allSatisfy { $0.prefix(4).allSatisfy(\.isNaN) })
        #expect(
            Tolerance.float32.mismatch(Array(outputs[1].dropFirst(4)), Array(outputs[0].dropFirst(4)), "late keys") == nil)
    }

    static func gradientCase(_ testCase: OperatorCase) -> OperatorCase {
        guard let op = testCase.op as? ScaledDotProductAttention, let q = testCase.inputs[0], let v = testCase.inputs[2] else {
            preconditionFailure("\(testCase) is no attention")
        }
        let dy = TensorType(.float32, Array(q.shape.dropLast()) + [v.shape[3]])
        var fixed: [Int: Tensor] = [:]
        if let mask = testCase.fixed[3] { fixed[4] = mask }
        return OperatorCase(
            testCase.name, ScaledDotProductAttentionGradient(forward: op),
            Array(testCase.inputs.prefix(3)) + [dy] + testCase.inputs.dropFirst(3), range: testCase.ranges[0], fixed: fixed,
            tolerance: testCase.name == "peaked"
                ? Tolerance(absolute: 2e-3, relative: 2e-3) : Tolerance(absolute: 2e-5, relative: 1e-4))
    }

    @Test(arguments: cases + large + (cases + large).map(gradientCase))
    func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: cases) func gradientMatchesFiniteDifferences(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase) == nil)
    }

    @Test(arguments: try TorchGolden.load("ScaledDotProductAttention")) func matchesTorch(_ golden: TorchGolden) throws {
        let op = ScaledDotProductAttention(scale: golden.attributes["scale"].map { Float($0) })
        let inputs = golden.inputs.map(\.tensor)
        for implementation in ["tiled", "reference"] {
            let evaluator = GraphEvaluator(implementation: implementation)
            let y = try evaluator.run(op, inputs)[0]
            let what = "\(golden), \(implementation)"
            #expect(Tolerance.golden.mismatch(y.doubles, golden.outputs[0].tensor.doubles, what) == nil)
            let upstream = try #require(golden.outputs[0].upstream)
            let gradients = try evaluator.run(ScaledDotProductAttentionGradient(forward: op), inputs + [upstream])
            for (gradient, input) in zip(gradients, golden.inputs) {
                let expected = try #require(input.gradient)
                #expect(Tolerance.golden.mismatch(gradient.doubles, expected.doubles, "\(what), d\(input.name)") == nil)
            }
        }
    }

    @Test func wrongShapesAreRefused() {
        let op = ScaledDotProductAttention()
        #expect(throws: GraphError.self) { try op.outputTypes(Self.types(1, 1, 2, 3, 4, 4, mask: [3, 2])) }
        #expect(throws: GraphError.self) { try op.outputTypes(Self.types(1, 1, 2, 3, 4, 4, mask: [2, 1, 2, 3])) }
        #expect(throws: GraphError.self) { try op.outputTypes(Self.types(1, 1, 2, 0, 4, 4)) }
        var types = Self.types(1, 2, 2, 3, 4, 4)
        types[1] = TensorType(.float32, [1, 1, 3, 4])
        #expect(throws: GraphError.self) { try op.outputTypes(types) }
    }

    @Test func maskHasNoGradient() throws {
        var graph = Graph()
        let ids = Self.types(1, 1, 2, 3, 4, 4, mask: [2, 3]).enumerated().map { index, type in
            type.map { graph.parameter("x\(index)", $0) }
        }
        let y = try graph.append(ScaledDotProductAttention(), ids)[0]
        let mask = try #require(ids[3])
        #expect(throws: GraphError.self) { try graph.differentiated(y, withRespectTo: [mask], seed: y) }
    }
}
