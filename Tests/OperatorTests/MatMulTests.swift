import Graph
import TestSupport
import Testing

@Suite struct MatMulTests {
    private static func type(_ shape: Int...) -> TensorType { TensorType(.float32, shape) }

    static let cases: [OperatorCase] = [
        OperatorCase("matrices", MatMul(), [type(3, 5), type(5, 4)]),
        OperatorCase("row and matrix", MatMul(), [type(5), type(5, 4)]),
        OperatorCase("matrix and column", MatMul(), [type(3, 5), type(5)]),
        OperatorCase("two vectors", MatMul(), [type(5), type(5)]),
        OperatorCase("vector and batch", MatMul(), [type(5), type(2, 5, 3)]),
        OperatorCase("tokens and weights", MatMul(), [type(2, 3, 5), type(5, 4)]),
        OperatorCase("batch", MatMul(), [type(2, 3, 5), type(2, 5, 4)]),
        // A kernel that takes the batch index for the offset of both operands fails here.
        OperatorCase("batch broadcast on both sides", MatMul(), [type(3, 1, 2, 4), type(2, 4, 3)]),
        OperatorCase("one matrix for a batch on the right", MatMul(), [type(3, 5), type(2, 5, 4)]),
    ]

    /// Larger than one block of the threads and not a multiple of it; too many elements for finite differences.
    static let large: [OperatorCase] = [
        OperatorCase("many rows", MatMul(), [type(259, 130), type(130, 70)]),
        OperatorCase("many columns", MatMul(), [type(67, 130), type(130, 1033)]),
        OperatorCase("one row", MatMul(), [type(1, 257), type(257, 515)]),
        OperatorCase("no inner axis", MatMul(), [type(3, 0), type(0, 4)]),
        OperatorCase("no rows", MatMul(), [type(0, 3), type(3, 4)]),
    ]

    @Test(arguments: cases + large) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: cases) func gradientMatchesFiniteDifferences(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase) == nil)
    }

    @Test(arguments: [
        ([3, 5], [4, 5]), ([2, 3, 5], [3, 5, 4]), ([], [5]), ([5], [4]),
    ]) func rejectsShapes(_ a: [Int], _ b: [Int]) {
        #expect(throws: GraphError.self) {
            try MatMul().outputTypes([TensorType(.float32, a), TensorType(.float32, b)])
        }
    }

    @Test(arguments: [(DataType.int64, DataType.float32), (.bool, .bool), (.float8e5m2, .float8e5m2)])
    func rejectsTypes(_ a: DataType, _ b: DataType) {
        #expect(throws: GraphError.self) { try MatMul().outputTypes([TensorType(a, [2, 2]), TensorType(b, [2, 2])]) }
    }

    @Test(arguments: [DataType.int64, .uint8, .float64, .float16]) func otherNumbers(_ type: DataType) throws {
        let access = ElementAccess(type)
        func tensor(_ values: [Double]) -> Tensor {
            let tensor = Tensor(zeros: TensorType(type, [2, 2]))
            for (index, value) in values.enumerated() { access.store(value, tensor.rawPointer, index) }
            return tensor
        }
        let y = try GraphEvaluator().run(MatMul(), [tensor([1, 2, 3, 4]), tensor([5, 6, 7, 8])])[0]
        #expect(y.type == TensorType(type, [2, 2]) && y.doubles == [19, 22, 43, 50])
    }

    /// The gradient of weights that many tokens share is one product, not a batch of products and a sum.
    @Test func weightGradientIsOneProduct() throws {
        var graph = Graph()
        let x = graph.input("x", Self.type(2, 3, 5))
        let w = graph.parameter("w", Self.type(5, 4))
        let y = try graph.apply(MatMul(), x, w)
        let seed = graph.input("dy", graph[y].type)
        let result = try graph.differentiated(y, withRespectTo: [w], seed: seed)
        #expect(!result.graph.nodes.contains { $0.op is ReduceSum })
        #expect(result.gradients[w].map { result.graph[$0].type } == Self.type(5, 4))
    }
}
