import Foundation
import Graph
import Kernels
import TestSupport
import Testing
import TrainingKernels

struct OptimizerStepTests {
    static let hyper = Tensor([0.05, 0.19, 0.3, 0.5], shape: [4])

    static func problem(_ name: String, _ op: any OptimizerStep, count: Int, clip: Float? = nil) -> OperatorCase {
        let states = type(of: op).hyperInput
        var types: [TensorType?] = Array(repeating: TensorType(.float32, [count]), count: states) + [TensorType(.float32, [4])]
        var fixed = [states: Self.hyper]
        if let clip {
            types.append(TensorType(.float32, []))
            fixed[states + 1] = Tensor([clip], shape: [])
        }
        let ranges: [ClosedRange<Float>] = [-1...1, -1...1, -1...1, 0...1, 0...1, 0...1]
        return OperatorCase(name, op, types, ranges: Array(ranges.prefix(types.count)), fixed: fixed)
    }

    /// 40 000 elements are more than one thread's share.
    static let cases = [
        problem("plain", SGDStep(momentum: 0), count: 5),
        problem("momentum, decay", SGDStep(momentum: 0.9, weightDecay: 0.1), count: 40_003, clip: 0.7),
        problem("nesterov", SGDStep(momentum: 0.8, nesterov: true, weightDecay: 0.01), count: 37),
        problem("default", AdamWStep(), count: 40_003),
        problem("other betas", AdamWStep(beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.3), count: 37, clip: 0.7),
        problem("coupled", AdamWStep(weightDecay: 0.3, decoupled: false), count: 37),
    ]

    static let skipped = [
        problem("skipped", SGDStep(momentum: 0.9), count: 21, clip: .nan), problem("skipped", AdamWStep(), count: 21, clip: .nan),
    ]

    @Test(arguments: cases + skipped) func implementationsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    /// Every output may lie over the input that it replaces.
    @Test(arguments: cases, ["rows", "reference"]) func worksInPlace(_ testCase: OperatorCase, _ implementation: String) throws {
        let expected = try GraphEvaluator(implementation: implementation).run(testCase.op, testCase.tensors(seed: 2))
        let inputs = testCase.tensors(seed: 2).compactMap { $0 }
        let op = try #require(testCase.op as? any Executable)
        let outputs = [inputs[0]] + inputs[2..<(1 + expected.count)]
        let problem = InPlace.problem(inputs.map(\.type), outputs.map(\.type))
        try InPlace.run(try op.kernel(for: problem, implementation: implementation).kernel, inputs, outputs)
        for (output, wanted) in zip(outputs, expected) {
            #expect(Tolerance.exact.mismatch(output.doubles, wanted.doubles, "\(testCase), \(implementation)") == nil)
        }
    }

    @Test(arguments: ["rows", "reference"]) func aGradientThatIsNotFiniteChangesNothing(_ implementation: String) throws {
        let evaluator = GraphEvaluator(implementation: implementation)
        let gradient = Tensor([1, .infinity, 2], shape: [3])
        let norm = try evaluator.run(GradientNorm(), [gradient])[0]
        let clip = try GraphEvaluator().run(ClipFactor(maxNorm: .infinity), [norm])[0]
        let state = Tensor([0.25, -1, 3], shape: [3])
        for (op, states) in [(SGDStep(momentum: 0.9), 1), (AdamWStep(), 2)] as [(any Operator, Int)] {
            let inputs = [state, gradient] + Array(repeating: state, count: states) + [Self.hyper, clip]
            for output in try evaluator.run(op, inputs) { #expect(output.doubles == state.doubles) }
        }
    }

    @Test(arguments: try TorchGolden.load("SGD")) func sgdMatchesTorch(_ golden: TorchGolden) throws {
        let op = SGDStep(momentum: golden.attributes["momentum"] ?? 0, weightDecay: golden.attributes["weight_decay"] ?? 0)
        let parameter = try #require(golden.input("parameter"))
        let buffer = golden.input("momentum_buffer") ?? Tensor(zeros: parameter.type)
        let rate = Float(try #require(golden.attributes["lr"]))
        let inputs = [parameter, golden.input("gradient"), buffer, Tensor([rate, 1, 1, 1], shape: [4])]
        try self.compare(op, inputs, golden)
    }

    @Test(arguments: try TorchGolden.load("AdamW")) func adamMatchesTorch(_ golden: TorchGolden) throws {
        func number(_ name: String) throws -> Double { try #require(golden.attributes[name]) }
        let (beta1, beta2, step) = (try number("beta1"), try number("beta2"), try number("step"))
        let op = AdamWStep(
            beta1: beta1, beta2: beta2, epsilon: try number("eps"), weightDecay: try number("weight_decay"))
        let hyper = [try number("lr"), 1 - pow(beta1, step), (1 - pow(beta2, step)).squareRoot(), 1].map { Float($0) }
        let states = ["parameter", "gradient", "exp_avg", "exp_avg_sq"].map(golden.input)
        try self.compare(op, states + [Tensor(hyper, shape: [4])], golden)
    }

    private func compare(_ op: any Operator, _ inputs: [Tensor?], _ golden: TorchGolden) throws {
        for implementation in ["rows", "reference"] {
            let outputs = try GraphEvaluator(implementation: implementation).run(op, inputs)
            for (index, expected) in golden.outputs.enumerated() {
                let what = "\(golden), \(implementation), output \(index)"
                let tolerance = Tolerance(absolute: 1e-7, relative: 1e-6)
                #expect(tolerance.mismatch(outputs[index].doubles, expected.tensor.doubles, what) == nil)
            }
        }
    }

    static let norms = [
        OperatorCase("one", GradientNorm(), [TensorType(.float32, [7])]),
        OperatorCase(
            "several", GradientNorm(), [[3, 4], [], [40_003], [16_384]].map { TensorType(.float32, $0) },
            tolerance: Tolerance(absolute: 0, relative: 1e-7)),
        // Squares overflow Float.
        OperatorCase(
            "large", GradientNorm(), [TensorType(.float32, [40])], range: 1e30...1e31,
            tolerance: Tolerance(absolute: 0, relative: 1e-7)),
    ]

    @Test(arguments: norms) func normsMatchReference(_ testCase: OperatorCase) throws {
        #expect(try OperatorChecks.implementationsMatchReference(testCase) == nil)
    }

    @Test func clipFactor() throws {
        func factor(_ norm: Float, _ maxNorm: Float, hyper: Tensor? = nil) throws -> Double {
            try GraphEvaluator().run(ClipFactor(maxNorm: maxNorm), [Tensor([norm], shape: []), hyper])[0].doubles[0]
        }
        #expect(try factor(0.5, 1) == 1)
        #expect(abs(try factor(4, 1) - 1 / (4 + 1e-6)) < 1e-8)
        // The gradient factor 0.5 halves the norm before it is compared.
        #expect(abs(try factor(4, 1, hyper: Self.hyper) - 0.5) < 1e-6)
        #expect(try factor(1e30, .infinity) == 1)
        #expect(try factor(.infinity, 1).isNaN)
        #expect(try factor(.nan, .infinity).isNaN)
    }

    @Test func wrongShapesAreRefused() {
        let w = TensorType(.float32, [3])
        let hyper = TensorType(.float32, [4])
        #expect(throws: GraphError.self) { try SGDStep(momentum: 0).outputTypes([w, TensorType(.float32, [2]), w, hyper]) }
        #expect(throws: GraphError.self) { try SGDStep(momentum: 0).outputTypes([w, w, w, w]) }
        #expect(throws: GraphError.self) { try AdamWStep().outputTypes([w, w, w, w, hyper, w]) }
        #expect(throws: GraphError.self) { try GradientNorm().outputTypes([w, TensorType(.int64, [2])]) }
        #expect(throws: GraphError.self) { try ClipFactor(maxNorm: 0).outputTypes([TensorType(.float32, [])]) }
    }
}
