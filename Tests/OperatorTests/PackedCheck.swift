import Graph
import Kernels
import TestSupport

/// Runs an operator's best kernel with its second input known when the kernel is made.
enum PackedCheck {
    /// Nil, or what is wrong.
    /// - Parameter name: the implementation that must take it; nil means the best.
    static func mismatch(_ testCase: OperatorCase, implementation name: String? = nil) throws -> String? {
        let inputs = testCase.tensors(seed: 3)
        let expected = try GraphEvaluator(implementation: "reference").run(testCase.op, inputs)[0]
        let packs = PackStore()
        // Two kernels share the pack.
        for round in 0..<2 {
            let result = try GraphEvaluator(implementation: name).run(testCase.op, inputs, constants: [1], packs: packs)[0]
            let what = "\(testCase) packed, round \(round)"
            if let message = testCase.tolerance.mismatch(result.doubles, expected.doubles, what) { return message }
        }
        return nil
    }
}
