import Graph
import TestSupport
import Testing
import TrainingKernels

/// Reductions along inner, outer and mixed axes.
@Suite struct ReductionTests {
    private static func float(_ shape: [Int]) -> TensorType { TensorType(.float32, shape) }

    private static let shapes: [(shape: [Int], axes: [Int], keep: Bool)] = [
        ([4, 37], [-1], false), ([37, 4], [0], true), ([2, 3, 5], [1], false), ([2, 3, 4, 5], [2, 3], true),
        ([2, 3, 4, 5], [0, 2, 3], false), ([2, 3, 4, 5], [0, 2], false), ([2, 3, 4, 5], [1, 3], false), ([3, 4], [], false),
        ([1, 3, 1], [0, 2], false), ([5, 1], [1], true),
    ]

    private static func cases(_ make: ([Int], Bool) -> any Operator, range: ClosedRange<Float> = -1...1) -> [OperatorCase] {
        self.shapes.map {
            OperatorCase("\($0.shape) over \($0.axes)", make($0.axes, $0.keep), [self.float($0.shape)], range: range)
        }
    }

    static let small: [OperatorCase] =
        cases { ReduceSum(axes: $0, keepDimensions: $1) } + cases { ReduceMean(axes: $0, keepDimensions: $1) }
        + cases({ ReduceL2(axes: $0, keepDimensions: $1) }, range: 0.2...1)
        + cases({ ReduceProd(axes: $0, keepDimensions: $1) }, range: 0.8...1.2)
        + [
            OperatorCase("middle", CumSum(axis: 1), [float([2, 4, 3])]),
            OperatorCase("backwards", CumSum(axis: -1, isExclusive: true, isReverse: true), [float([3, 4])]),
        ]

    /// Without gradients by finite differences, which do not see ties: `tiesShareTheGradient` does.
    static let extremes: [OperatorCase] =
        cases { ReduceMax(axes: $0, keepDimensions: $1) } + cases { ReduceMin(axes: $0, keepDimensions: $1) }

    /// Sizes that are cut into parts and chunks.
    static let large: [OperatorCase] =
        [
            ([70000], [0]), ([3, 70001], [1]), ([9000, 24], [0]), ([2, 5000, 130], [1]), ([20, 300, 7, 9], [0, 2, 3]),
            ([300, 300], [0]),
        ].flatMap { (entry: (shape: [Int], axes: [Int])) -> [OperatorCase] in
            let operators: [any Operator] = [
                ReduceSum(axes: entry.axes, keepDimensions: false), ReduceMean(axes: entry.axes, keepDimensions: false),
                ReduceMax(axes: entry.axes, keepDimensions: false), ReduceMin(axes: entry.axes, keepDimensions: false),
                ReduceL2(axes: entry.axes, keepDimensions: false),
            ]
            return operators.map { op in
                OperatorCase("\(entry.shape) over \(entry.axes)", op, [Self.float(entry.shape)], range: -0.5...1)
            }
        } + [
            OperatorCase("integers", ReduceSum(axes: [0], keepDimensions: false), [TensorType(.int64, [4, 5])], range: -9...9),
            OperatorCase("integers", ReduceMax(axes: [1], keepDimensions: false), [TensorType(.int32, [4, 5])], range: -9...9),
            OperatorCase("far", ArgMax(ArgReduction(axis: 1)), [float([3, 40, 50])]),
            OperatorCase("near", ArgMin(ArgReduction(axis: -1, keepDimensions: false)), [float([7, 33])]),
            OperatorCase("first of many", ArgMin(ArgReduction(axis: 0)), [float([60, 3])], range: 0...0),
            OperatorCase("last of many", ArgMax(ArgReduction(axis: 0, takesLast: true)), [float([60, 3])], range: 0...0),
            OperatorCase("empty", ReduceSum(axes: [0], keepDimensions: false), [float([0, 5])]),
        ]

    @Test(arguments: small + extremes + large) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: small) func gradientMatches(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase) == nil)
    }

    @Test(
        arguments: [ReduceMax(axes: [1], keepDimensions: false), ReduceMin(axes: [1], keepDimensions: false)] as [any Operator])
    func tiesShareTheGradient(_ op: any Operator) throws {
        let rows: [Float] = op is ReduceMax ? [1, 5, 5, 2, 9, 3] : [-1, -5, -5, -2, -9, -3]
        var graph = Graph()
        let x = graph.parameter("x", Self.float([2, 3]))
        let y = try graph.apply(op, x)
        let seed = graph.constant(Tensor([4.0, 7], shape: [2]))
        let result = try graph.differentiated(y, withRespectTo: [x], seed: seed)
        var full = result.graph
        full.output("dx", try #require(result.gradients[x]))
        let dx = try GraphEvaluator().run(full, ["x": Tensor(rows, shape: [2, 3])])["dx"]
        #expect(dx?.doubles == [0, 2, 2, 0, 7, 0])
    }

    @Test func nanWins() throws {
        var values = [Float](repeating: 1, count: 100)
        values[63] = .nan
        let x = Tensor(values, shape: [1, 100])
        for op in [ReduceMax(axes: [1], keepDimensions: false), ReduceMax(axes: [0], keepDimensions: false)] {
            for name in ["simd", "reference"] {
                let y = try GraphEvaluator(implementation: name).run(op, [x])[0].doubles
                #expect(y[y.count == 1 ? 0 : 63].isNaN)
            }
        }
    }

    /// Joining nothing gives what changes nothing.
    @Test func nothingIsTheIdentity() throws {
        let operators: [(op: any Operator, result: Double)] = [
            (ReduceSum(axes: [0], keepDimensions: false), 0), (ReduceProd(axes: [0], keepDimensions: false), 1),
            (ReduceMax(axes: [0], keepDimensions: false), -.infinity), (ReduceMin(axes: [0], keepDimensions: false), .infinity),
        ]
        for (op, result) in operators {
            #expect(try GraphEvaluator().run(op, [Tensor(zeros: Self.float([0, 2]))])[0].doubles == [result, result])
        }
        let flags = Tensor(zeros: TensorType(.bool, [0]))
        #expect(try GraphEvaluator().run(operators[2].op, [flags])[0].doubles == [0])
        #expect(try GraphEvaluator().run(operators[3].op, [flags])[0].doubles == [1])
    }

    @Test func nothingIsReducedOnRequest() throws {
        let op = ReduceL2(Reduction(axes: [], keepDimensions: true, reducesNothing: true))
        #expect(try GraphEvaluator().run(op, [Tensor([-3.0, 4], shape: [2])])[0].doubles == [3, 4])
    }

    @Test(arguments: [false, true]) func placesOfNaN(_ takesLast: Bool) throws {
        let x = Tensor([1.0, .nan, 9, .nan, -9], shape: [5])
        let reduction = ArgReduction(axis: 0, takesLast: takesLast)
        for op in [ArgMax(reduction), ArgMin(reduction)] as [any Operator] {
            for name in ["rows", "reference"] {
                #expect(try GraphEvaluator(implementation: name).run(op, [x])[0].doubles == [takesLast ? 3 : 1])
            }
        }
    }

    @Test func theBestKeepTheirOrder() throws {
        let x = Tensor([3.0, .nan, 5, 1, 5, 3], shape: [6])
        let best = try GraphEvaluator().run(TopK(5), [x])
        #expect(best[1].doubles == [1, 2, 4, 0, 5])
        let worst = try GraphEvaluator().run(TopK(3, wantsLargest: false), [x])
        #expect(worst[0].doubles == [1, 3, 3])
        #expect(worst[1].doubles == [3, 0, 5])
    }

    @Test func axesAreChecked() {
        #expect(throws: GraphError.self) { try ReduceSum(axes: [2], keepDimensions: true).outputTypes([Self.float([2, 3])]) }
        #expect(throws: GraphError.self) { try ArgMax(ArgReduction(axis: 0)).outputTypes([Self.float([0, 3])]) }
        #expect(throws: GraphError.self) { try TopK(4).outputTypes([Self.float([2, 3])]) }
        #expect(throws: GraphError.self) { try CumSum(axis: 1).outputTypes([Self.float([3])]) }
        #expect(throws: GraphError.self) { try Det().outputTypes([Self.float([2, 3])]) }
    }
}
