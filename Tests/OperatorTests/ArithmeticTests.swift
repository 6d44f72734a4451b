import Graph
import TestSupport
import Testing
import TrainingKernels

/// Broadcasting arithmetic, comparison and choice.
@Suite struct ArithmeticTests {
    private static func float(_ shape: [Int]) -> TensorType { TensorType(.float32, shape) }

    /// One case per path of the broadcasting kernels.
    private static let shapes: [(name: String, a: [Int], b: [Int])] = [
        ("equal", [3, 37], [3, 37]), ("scalar right", [5, 9], []), ("scalar left", [1], [5, 9]), ("rows", [2, 3, 17], [17]),
        ("channels", [2, 3, 4, 5], [3, 1, 1]), ("columns", [6, 1], [1, 7]), ("both repeat", [2, 1, 3, 1], [4, 1, 5]),
        ("long", [33000], [33000]), ("empty", [0, 3], [3]),
    ]

    private static func cases(_ op: any Operator, ranges: [ClosedRange<Float>] = [-1...1, -1...1]) -> [OperatorCase] {
        self.shapes.map { OperatorCase($0.name, op, [self.float($0.a), self.float($0.b)], ranges: ranges) }
    }

    static let differentiable: [OperatorCase] =
        cases(Add()) + cases(Sub()) + cases(Mul()) + cases(Div(), ranges: [-1...1, 0.5...2])
        + cases(Pow(), ranges: [0.5...1.5, -2...3]) + [
            OperatorCase("three", Max(), [float([2, 5]), float([5]), float([2, 1])], ranges: [0...1, 0.3...0.7, 0.2...0.9]),
            OperatorCase("one", Max(), [float([7])]),
            // Apart by more than the step of the finite differences.
            OperatorCase(
                "two", Max(), [float([2, 2]), float([2])],
                fixed: [0: Tensor([1.0, 5, 3, -4], shape: [2, 2]), 1: Tensor([2.0, 4], shape: [2])]),
            OperatorCase(
                "two", Min(), [float([2, 2]), float([2])],
                fixed: [0: Tensor([1.0, 5, 3, -4], shape: [2, 2]), 1: Tensor([2.0, 4], shape: [2])]),
            OperatorCase(
                "equal", Where(), [TensorType(.bool, [3, 11]), float([3, 11]), float([3, 11])], differentiable: [1, 2]),
            OperatorCase("scalar x", Where(), [TensorType(.bool, [40]), float([]), float([40])], differentiable: [1, 2]),
            OperatorCase("scalar y", Where(), [TensorType(.bool, [40]), float([40]), float([1])], differentiable: [1, 2]),
            OperatorCase(
                "mask row", Where(), [TensorType(.bool, [1, 9]), float([4, 9]), float([4, 1])], differentiable: [1, 2]),
        ]

    static let others: [OperatorCase] =
        [(name: "equal", slope: [2, 3, 17]), ("one", []), ("channels", [3, 1])].map {
            OperatorCase($0.name, PRelu(), [float([2, 3, 17]), float($0.slope)])
        }
        + [Equal(), Greater(), Less(), GreaterOrEqual(), LessOrEqual()].flatMap { (op: any Operator) in
            cases(op) + [
                OperatorCase("ties", op, [float([200]), float([200])], fixed: [0: Self.coarse(200, 3), 1: Self.coarse(200, 5)]),
                OperatorCase("integers", op, [TensorType(.int64, [5, 8]), TensorType(.int64, [8])], range: -2...2),
            ]
        }
        + [Add(), Sub(), Mul(), Div(), Max(), Min(), Pow()].map { (op: any Operator) in
            OperatorCase("integers", op, [TensorType(.int64, [6, 8]), TensorType(.int64, [8])], range: 0...4)
        }
        + [And(), Or()].map { (op: any Operator) in
            OperatorCase("rows", op, [TensorType(.bool, [6, 8]), TensorType(.bool, [8])])
        } + [
            OperatorCase("bool", Not(), [TensorType(.bool, [9])]),
            // Powers that have their own loops.
            OperatorCase("square", Pow(), [float([70]), float([])], fixed: [1: Tensor([2.0], shape: [])]),
            OperatorCase("cube", Pow(), [float([70]), float([])], fixed: [1: Tensor([3.0], shape: [])]),
            OperatorCase("root", Pow(), [float([70]), float([])], ranges: [0...9, 0...1], fixed: [1: Tensor([0.5], shape: [])]),
            OperatorCase("integer power", Pow(), [float([7]), TensorType(.int64, [7])], range: -3...3),
            OperatorCase("int64", Where(), [TensorType(.bool, [3, 4]), TensorType(.int64, [4]), TensorType(.int64, [3, 1])]),
        ]

    private static func coarse(_ count: Int, _ modulus: Int) -> Tensor {
        Tensor((0..<count).map { Float($0 % modulus) }, shape: [count])
    }

    @Test(arguments: differentiable + others) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: differentiable.filter { $0.name != "long" }) func gradientMatches(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase) == nil)
    }

    @Test func shapesAndTypesAreChecked() {
        #expect(throws: GraphError.self) { try Add().outputTypes([Self.float([2, 3]), Self.float([2])]) }
        #expect(throws: GraphError.self) { try Mul().outputTypes([Self.float([2]), TensorType(.int64, [2])]) }
        #expect(throws: GraphError.self) { try And().outputTypes([Self.float([2]), Self.float([2])]) }
        #expect(throws: GraphError.self) { try Where().outputTypes([Self.float([2]), Self.float([2]), Self.float([2])]) }
    }

    @Test func nanAndTies() throws {
        let a = Tensor([.nan, 1, 2, -0.5], shape: [4])
        let b = Tensor([1, .nan, 2, 3], shape: [4])
        for name in ["simd", "reference"] {
            let evaluator = GraphEvaluator(implementation: name)
            let largest = try evaluator.run(Max(), [a, b])[0].doubles
            #expect(largest[0].isNaN && largest[1].isNaN && largest[2...] == [2, 3])
            let smallest = try evaluator.run(Min(), [a, b])[0].doubles
            #expect(smallest[0].isNaN && smallest[1].isNaN && smallest[2...] == [2, -0.5])
        }
        let quotient = try GraphEvaluator().run(
            Div(), [Tensor([Int64(7), -7, 5], shape: [3]), Tensor([Int64(2), 2, 0], shape: [3])])
        #expect(quotient[0].doubles == [3, -3, 5])
    }

    /// Beyond 2^63 a uint64 is not the negative number that its bits make.
    @Test func largeUnsignedNumbers() throws {
        func run(_ op: any Operator) throws -> UInt64 {
            let tensors = [UInt64.max - 5, 3].map { value in
                let tensor = Tensor(zeros: TensorType(.uint64, [1]))
                ElementAccess(.uint64).store(integer: Int64(bitPattern: value), tensor.rawPointer, 0)
                return tensor
            }
            let result = try GraphEvaluator().run(op, tensors)[0]
            return UInt64(bitPattern: ElementAccess(result.type.dataType).integer(result.rawPointer, 0))
        }
        #expect(try run(Div()) == (UInt64.max - 5) / 3)
        #expect(try run(Mod()) == (UInt64.max - 5) % 3)
        #expect(try run(Max()) == UInt64.max - 5)
        #expect(try run(Min()) == 3)
        #expect(try run(Greater()) == 1)
        #expect(try run(LessOrEqual()) == 0)
        #expect(try run(Add()) == UInt64.max - 2)
        #expect(try run(BitShift(direction: .right)) == (UInt64.max - 5) >> 3)
    }

    @Test func remaindersAndPowers() throws {
        let a = Tensor([Int64(7), -7, 7, -7, 5], shape: [5])
        let b = Tensor([Int64(3), 3, -3, -3, 0], shape: [5])
        #expect(try GraphEvaluator().run(Mod(), [a, b])[0].doubles == [1, 2, -2, -1, 5])
        #expect(try GraphEvaluator().run(Mod(fmod: true), [a, b])[0].doubles == [1, -1, 1, -1, 5])
        let base = Tensor([Int64(3), -1, -1, 2, 0], shape: [5])
        let exponent = Tensor([Int64(5), -3, -2, -1, 0], shape: [5])
        #expect(try GraphEvaluator().run(Pow(), [base, exponent])[0].doubles == [243, -1, 1, 0, 1])
    }

    @Test(arguments: [BitwiseAnd(), BitwiseOr(), BitwiseXor(), BitShift(direction: .left), Mod()] as [any Operator])
    func spellingComesBack(_ op: any Operator) throws {
        let type = TensorType(.uint32, [3, 4])
        #expect(try SpellingCheck.mismatch(OperatorCase("bits", op, [type, type], range: 1...31), opset: 18) == nil)
    }
}
