import Graph
import Kernels
import TestSupport
import Testing
import TrainingKernels

struct PackedAttentionTests {
    static func problem(_ name: String, _ op: PackedAttention, _ shape: [Int]) -> OperatorCase {
        OperatorCase(name, op, [TensorType(.float32, shape)])
    }

    static let cases = [
        problem("two heads", PackedAttention(heads: 2), [2, 5, 24]),
        problem("one head", PackedAttention(heads: 1, scale: 0.3), [1, 7, 15]),
        problem("three heads", PackedAttention(heads: 3), [1, 13, 27]),
    ]

    static let large = [
        problem("vision transformer", PackedAttention(heads: 3), [2, 197, 3 * 192]),
        problem("many tokens", PackedAttention(heads: 2, scale: 2), [1, 300, 3 * 48]),
    ]

    static let gradients = (cases + large).map { testCase in
        guard let op = testCase.op as? PackedAttention, let qkv = testCase.inputs[0] else {
            preconditionFailure("\(testCase) is no attention")
        }
        let dy = TensorType(.float32, [qkv.shape[0], qkv.shape[1], qkv.shape[2] / 3])
        return OperatorCase(
            testCase.name, PackedAttentionGradient(forward: op), [qkv, dy], tolerance: Tolerance(absolute: 2e-5, relative: 1e-4))
    }

    @Test(arguments: cases + large + gradients) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: cases) func gradientMatchesFiniteDifferences(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase) == nil)
    }

    /// The packed form against attention on operands that are taken apart here.
    @Test(arguments: ["tiled", "reference"]) func matchesSeparateOperands(_ implementation: String) throws {
        let (batch, tokens, heads, size) = (2, 9, 3, 5)
        var random = SeededRandom(seed: 5)
        let qkv = random.tensor(TensorType(.float32, [batch, tokens, 3 * heads * size]), in: -1...1)
        let values = qkv.array(of: Float.self)
        let parts = (0..<3).map { part in
            let elements = (0..<(batch * heads * tokens * size)).map { index in
                let (d, token, head, b) = (
                    index % size, index / size % tokens, index / (size * tokens) % heads, index / (size * tokens * heads)
                )
                return values[((b * tokens + token) * 3 + part) * heads * size + head * size + d]
            }
            return Tensor(elements, shape: [batch, heads, tokens, size])
        }
        let evaluator = GraphEvaluator(implementation: implementation)
        let packed = try evaluator.run(PackedAttention(heads: heads), [qkv])[0].doubles
        let apart = try evaluator.run(ScaledDotProductAttention(), parts)[0].doubles
        let reordered = (0..<packed.count).map { index in
            let (d, head, token, b) = (
                index % size, index / size % heads, index / (size * heads) % tokens, index / (size * heads * tokens)
            )
            return apart[((b * heads + head) * tokens + token) * size + d]
        }
        #expect(Tolerance.exact.mismatch(packed, reordered, implementation) == nil)
    }

    /// Which thread runs a lane does not matter for the numbers.
    @Test func threadsDoNotChangeTheResult() throws {
        let testCase = Self.large[0]
        let inputs = testCase.tensors(seed: 1)
        setThreadCount(1)
        let one = try GraphEvaluator().run(testCase.op, inputs)[0].doubles
        setThreadCount(2)
        let two = try GraphEvaluator().run(testCase.op, inputs)[0].doubles
        #expect(Tolerance.exact.mismatch(two, one, "two threads") == nil)
    }

    @Test func wrongShapesAreRefused() {
        #expect(throws: GraphError.self) { try PackedAttention(heads: 2).outputTypes([TensorType(.float32, [1, 2, 9])]) }
        #expect(throws: GraphError.self) { try PackedAttention(heads: 0).outputTypes([TensorType(.float32, [1, 2, 9])]) }
        #expect(throws: GraphError.self) { try PackedAttention(heads: 1).outputTypes([TensorType(.float32, [2, 9])]) }
    }
}
