import Foundation
import Graph
import Kernels
import TestSupport
import Testing
import TrainingKernels

struct SoftmaxTests {
    /// The same problems for softmax and its logarithm.
    static func cases<Op: SoftmaxForm>(_ make: (Int) -> Op) -> [OperatorCase] {
        [
            OperatorCase("last axis", make(-1), [TensorType(.float32, [2, 5])]),
            OperatorCase("middle axis", make(1), [TensorType(.float32, [2, 3, 4])]),
            OperatorCase("first axis", make(0), [TensorType(.float32, [3, 2])]),
            OperatorCase("wide", make(-1), [TensorType(.float32, [2, 37])]),
            // exp(90) overflows Float, so a kernel that forgets to subtract the peak fails here.
            OperatorCase("large inputs", make(1), [TensorType(.float32, [4, 7])], range: 88...92),
        ]
    }

    /// Too many elements for finite differences.
    static func large<Op: SoftmaxForm>(_ make: (Int) -> Op) -> [OperatorCase] {
        [
            OperatorCase("many rows", make(2), [TensorType(.float32, [3, 61, 197])], range: -20...20),
            // 300 columns are more than one block of the kernel.
            OperatorCase("columns", make(1), [TensorType(.float32, [2, 9, 300])], range: -20...20),
            OperatorCase("spread", make(-1), [TensorType(.float32, [3, 50])], range: -200...0),
            OperatorCase("one element", make(-1), [TensorType(.float32, [4, 1])]),
        ]
    }

    static let both = Self.cases { Softmax(axis: $0) } + Self.cases { LogSoftmax(axis: $0) }

    static let gradients = [
        ("rows", [5, 37], -1), ("columns", [2, 9, 300], 1), ("many rows", [64, 197], -1),
    ].flatMap { (name: String, shape: [Int], axis: Int) in
        let type = TensorType(.float32, shape)
        return [
            OperatorCase(name, SoftmaxGradient(forward: Softmax(axis: axis)), [type, type], ranges: [0...0.1, -1...1]),
            OperatorCase(name, LogSoftmaxGradient(forward: LogSoftmax(axis: axis)), [type, type], ranges: [-9...0, -1...1]),
        ]
    }

    @Test(arguments: both + large { Softmax(axis: $0) } + large { LogSoftmax(axis: $0) } + gradients)
    func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test(arguments: both) func gradientMatchesFiniteDifferences(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.gradientMatchesFiniteDifferences(testCase) == nil)
    }

    /// Minus infinity gets no share; a row of nothing else has no answer.
    @Test(arguments: [19, 3]) func minusInfinityIsLeftOut(_ count: Int) throws {
        var values = [Float](repeating: -.infinity, count: 2 * count)
        values[0] = 1
        values[count - 1] = 1
        let y = try GraphEvaluator().run(Softmax(), [Tensor(values, shape: [2, count])])[0].doubles
        #expect(y[0] == 0.5 && y[count - 1] == 0.5)
        #expect(y[1..<(count - 1)].allSatisfy { $0 == 0 })
        #expect(y[count...].allSatisfy { $0.isNaN })
        let log = try GraphEvaluator().run(LogSoftmax(), [Tensor(values, shape: [2, count])])[0].doubles
        #expect(abs(log[0] + 0.6931471805599453) < 1e-6 && log[1] == -.infinity)
    }

    @Test(arguments: [0, 20]) func notANumberSpreads(_ position: Int) throws {
        var values = [Float](repeating: 1, count: 21)
        values[position] = .nan
        let y = try GraphEvaluator().run(Softmax(), [Tensor(values, shape: [21])])[0].doubles
        #expect(y.allSatisfy { $0.isNaN })
    }

    /// The vectorised exponential against libm over the whole range of normal results.
    @Test func exponentialIsAccurate() throws {
        let points = (0..<87_000).map { Float($0) * -0.001 }
        let x = Tensor(points.flatMap { [0, $0] }, shape: [points.count, 2])
        let y = try GraphEvaluator().run(Softmax(axis: 1), [x])[0].doubles
        var worst = 0.0
        for (index, point) in points.enumerated() {
            let exact = exp(Double(point)) / (1 + exp(Double(point)))
            let distance = abs(y[2 * index + 1] - exact) / Double(Float(exact).ulp)
            worst = distance.isNaN ? .infinity : max(worst, distance)
        }
        #expect(worst < 3)
    }

    @Test func flatteningOpsetsAreRefusedUnlessTheyMeanTheSame() throws {
        func read(_ shape: [Int], axis: Int?, opset: Int) throws -> Softmax {
            var reader = OnnxReader(
                type: "Softmax", opset: opset, attributes: axis.map { ["axis": .int($0)] } ?? [:],
                inputs: [TensorType(.float32, shape)], constants: [nil], outputCount: 1)
            return try Softmax(onnx: &reader)
        }
        #expect(try read([2, 3], axis: nil, opset: 11).axis == -1)
        #expect(try read([2, 3, 4], axis: 2, opset: 11).axis == -1)
        #expect(throws: GraphError.self) { try read([2, 3, 4], axis: nil, opset: 11) }
        #expect(try read([2, 3, 4], axis: 1, opset: 13).axis == 1)
        #expect(try read([2, 3, 4], axis: nil, opset: 13).axis == -1)
    }

    @Test func wrongTypesAreRefused() {
        #expect(throws: GraphError.self) { try Softmax(axis: 2).outputTypes([TensorType(.float32, [2, 3])]) }
        #expect(throws: GraphError.self) { try LogSoftmax(axis: -3).outputTypes([TensorType(.float32, [2, 3])]) }
        #expect(throws: GraphError.self) { try Softmax().outputTypes([TensorType(.int64, [2, 3])]) }
        #expect(throws: GraphError.self) {
            try SoftmaxGradient(forward: Softmax()).outputTypes([TensorType(.float32, [2, 3]), TensorType(.float32, [3, 2])])
        }
    }
}
