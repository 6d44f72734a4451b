import Graph
import Kernels
import TestSupport
import Testing
import TrainingKernels

/// Operators that move elements without computing.
@Suite struct MovementTests {
    private static func float(_ shape: [Int]) -> TensorType { TensorType(.float32, shape) }

    private static func transpose(_ shape: [Int], _ permutation: [Int]) -> OperatorCase {
        OperatorCase("\(shape) by \(permutation)", Transpose(permutation: permutation), [self.float(shape)], tolerance: .exact)
    }

    private static func move(_ name: String, _ op: any Operator, _ shapes: [Int]..., differentiable: [Int]? = nil) -> OperatorCase
    {
        OperatorCase(name, op, shapes.map { self.float($0) }, differentiable: differentiable, tolerance: .exact)
    }

    static let small: [OperatorCase] = [
        transpose([3, 5], [1, 0]), transpose([3, 5], []), transpose([2, 3, 4, 5], [0, 2, 1, 3]),
        transpose([2, 3, 4, 5], [0, 2, 3, 1]),
        transpose([2, 3, 4, 5], [0, 3, 1, 2]), transpose([2, 3, 4, 5], [3, 1, 0, 2]), transpose([2, 3, 4], [0, 2, 1]),
        transpose([1, 3, 1, 4], [2, 3, 0, 1]), transpose([2, 1, 3], [2, 1, 0]),
        move("rows", Concat(axis: 0), [2, 3], [4, 3], [1, 3]), move("last", Concat(axis: -1), [2, 3, 4], [2, 3, 1]),
        move("one", Concat(axis: 1), [2, 3]), move("with empty", Concat(axis: 1), [2, 0], [2, 3]),
        move("uneven", Split(axis: 1, sizes: [1, 3, 2]), [2, 6, 3]), move("last", Split(axis: -1, sizes: [2, 2]), [3, 4]),
        move("middle", Slice(starts: [1], ends: [3], axes: [1]), [2, 5, 3]),
        move("ends", Slice(starts: [-2, .min], ends: [.max, 2]), [4, 5]),
        move("backwards", Slice(starts: [-1, 3], ends: [.min, 0], axes: [0, -1], steps: [-1, -2]), [3, 5]),
        move("steps", Slice(starts: [1, 0], ends: [9, 9], axes: [1, 0], steps: [3, 2]), [5, 8]),
        move("huge step", Slice(starts: [1], ends: [.max], axes: [0], steps: [.max]), [5]),
        move("nothing", Slice(starts: [3], ends: [3]), [5, 2]),
        move("around", Pad(before: [1, 2], after: [0, 3]), [2, 3]),
        move("negative", Pad(before: [-1, 0], after: [2, -2]), [3, 4]),
        move("value", Pad(before: [0, 0, 1], after: [1, 0, 0], value: -2.5), [2, 2, 2]),
        move("crop", Pad(before: [-1, -1], after: [0, -1]), [3, 4]),
        move("nothing left", Pad(before: [-2, 0], after: [0, 0]), [2, 3]),
        move("rows", Expand([4, 3, 5]), [3, 1]), move("keeps", Expand([2, 1]), [2, 6]), move("scalar", Expand([3, 2]), [1]),
        move("two axes", Reshape([0, -1]), [2, 3, 4]), move("flat", Flatten(axis: -1), [2, 3, 4]),
        move("flat", Flatten(axis: 0), [2, 3]),
        move("named", Squeeze(axes: [0, -1]), [1, 3, 1]), move("all", Squeeze(), [1, 3, 1, 2]),
        move("ends", Unsqueeze(axes: [0, -1]), [3, 2]),
        OperatorCase(
            "repeated", Gather(axis: 1), [float([2, 4, 3]), TensorType(.int64, [2, 3])],
            fixed: [1: Tensor([Int64(0), 3, -1, 1, 1, -4], shape: [2, 3])], differentiable: [0]),
        OperatorCase(
            "scalar index", Gather(axis: -1), [float([3, 4]), TensorType(.int32, [])], range: 0...3, differentiable: [0]),
    ]

    static let others: [OperatorCase] =
        [DataType.int64, .int32, .bool, .uint8].flatMap { type in
            [
                OperatorCase(
                    "\(type)", Transpose(permutation: [2, 0, 1]), [TensorType(type, [19, 21, 35])], range: 0...9,
                    tolerance: .exact),
                OperatorCase(
                    "\(type)", Concat(axis: 1), [TensorType(type, [3, 2]), TensorType(type, [3, 5])], range: 0...9,
                    tolerance: .exact),
                OperatorCase(
                    "\(type)", Pad(before: [2], after: [1], value: 1), [TensorType(type, [5])], range: 0...9, tolerance: .exact),
                OperatorCase(
                    "\(type)", Gather(), [TensorType(type, [5, 3]), TensorType(.int64, [4])], range: 0...4, tolerance: .exact),
                OperatorCase("\(type)", Expand([7, 5, 3]), [TensorType(type, [5, 1])], range: 0...9, tolerance: .exact),
            ]
        } + [
            transpose([100, 333], [1, 0]), transpose([2, 197, 12, 64], [0, 2, 1, 3]), transpose([2, 33, 20, 20], [0, 2, 3, 1]),
            transpose([2, 20, 20, 33], [0, 3, 1, 2]), transpose([3, 4, 5, 6, 7], [4, 2, 0, 1, 3]),
            // Nine axes that cannot be joined: only the reference has room.
            transpose([2, 1, 2, 2, 2, 2, 2, 2, 2, 2], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
            move("reflect", Pad(before: [3, 0], after: [2, 1], mode: .reflect), [4, 3]),
            move("edge", Pad(before: [3, -1], after: [2, 1], mode: .edge), [4, 3]),
            move("wrap", Pad(before: [3, 0], after: [2, 1], mode: .wrap), [4, 3]),
            move("big", Concat(axis: -1), [300, 100], [300, 41]), move("big", Split(axis: 0, sizes: [300, 100]), [400, 130]),
            move("big", Expand([40, 50, 60]), [50, 1]),
            OperatorCase(
                "many", GatherGradient(gather: Gather(), shape: [7, 40]), [TensorType(.int64, [500]), float([500, 40])],
                ranges: [0...6, 0...1]),
            OperatorCase(
                "inner", GatherGradient(gather: Gather(axis: 1), shape: [2, 5, 3]), [TensorType(.int32, [4]), float([2, 4, 3])],
                ranges: [-5...4, -1...1]),
            move("steps", SliceGradient(slice: Slice(starts: [-1], ends: [.min], steps: [-2]), shape: [7, 2]), [4, 2]),
        ]

    @Test(arguments: small + others) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: small) func gradientMatches(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase) == nil)
    }

    /// A part of a split that nobody reads counts as zeros.
    @Test func splitWithAnUnusedPart() throws {
        var graph = Graph()
        let x = graph.parameter("x", Self.float([5]))
        let parts = try graph.append(Split(axis: 0, sizes: [2, 3]), [x])
        let seed = graph.constant(Tensor([1.0, 2, 3], shape: [3]))
        let result = try graph.differentiated(parts[1], withRespectTo: [x], seed: seed)
        var full = result.graph
        full.output("dx", try #require(result.gradients[x]))
        let dx = try GraphEvaluator().run(full, ["x": Tensor(zeros: Self.float([5]))])["dx"]
        #expect(dx?.doubles == [0, 0, 1, 2, 3])
    }

    @Test(arguments: ["rows", "reference"]) func gatherRefusesIndicesOutside(_ name: String) {
        let data = Tensor([1.0, 2, 3], shape: [3])
        for index in [Int64(3), -4, .max, .min] {
            #expect(throws: KernelError.self) {
                try GraphEvaluator(implementation: name).run(Gather(), [data, Tensor([index], shape: [1])])
            }
        }
    }

    @Test func placesOutsideAreRefused() {
        let data = Tensor([1.0, 2, 3, 4, 5, 6], shape: [2, 3])
        let update = Tensor([7.0], shape: [1, 1])
        for index in [Int64(2), -3, .max, .min] {
            let one = Tensor([index], shape: [1, 1])
            let pair = Tensor([index, 0], shape: [1, 2])
            #expect(throws: KernelError.self) { try GraphEvaluator().run(GatherElements(), [data, one]) }
            #expect(throws: KernelError.self) { try GraphEvaluator().run(GatherND(), [data, pair]) }
            #expect(throws: KernelError.self) { try GraphEvaluator().run(ScatterElements(), [data, one, update]) }
            #expect(throws: KernelError.self) {
                try GraphEvaluator().run(ScatterND(), [data, pair, Tensor([7.0], shape: [1])])
            }
        }
    }

    @Test func updatesMeetElements() throws {
        let data = Tensor([1.0, 2, 3, 4], shape: [4])
        let indices = Tensor([Int64(1), -1, 1], shape: [3])
        let updates = Tensor([10.0, -20, 30], shape: [3])
        let expected: [ScatterReduction: [Double]] = [
            .none: [1, 30, 3, -20], .add: [1, 42, 3, -16], .mul: [1, 600, 3, -80], .max: [1, 30, 3, 4], .min: [1, 2, 3, -20],
        ]
        for (reduction, result) in expected {
            #expect(
                try GraphEvaluator().run(ScatterElements(reduction: reduction), [data, indices, updates])[0].doubles == result)
            let rows = Tensor([Int64(1), -1, 1], shape: [3, 1])
            #expect(try GraphEvaluator().run(ScatterND(reduction: reduction), [data, rows, updates])[0].doubles == result)
        }
    }

    @Test func attributesAreChecked() {
        let x = Self.float([2, 3])
        #expect(throws: GraphError.self) { try Transpose(permutation: [0, 0]).outputTypes([x]) }
        #expect(throws: GraphError.self) { try Concat(axis: 0).outputTypes([x, Self.float([2, 4])]) }
        #expect(throws: GraphError.self) { try Split(axis: 1, sizes: [1, 1]).outputTypes([x]) }
        #expect(throws: GraphError.self) { try Slice(starts: [0], ends: [1], steps: [0]).outputTypes([x]) }
        #expect(throws: GraphError.self) { try Pad(before: [0, -4], after: [0, 0]).outputTypes([x]) }
        #expect(throws: GraphError.self) { try Pad(before: [.max, 0], after: [.max, 0]).outputTypes([x]) }
        #expect(throws: GraphError.self) { try Squeeze(axes: [0]).outputTypes([x]) }
        #expect(throws: GraphError.self) { try Unsqueeze(axes: [0, 0]).outputTypes([x]) }
        #expect(throws: GraphError.self) { try Reshape([4, -1]).outputTypes([x]) }
        #expect(throws: GraphError.self) { try Flatten(axis: 3).outputTypes([x]) }
        #expect(throws: GraphError.self) { try Gather().outputTypes([x, Self.float([1])]) }
    }
}
