import Graph
import Kernels
import TestSupport

/// Runs an operator's best kernel with its second input known when the kernel is made.
enum PackedCheck {
    /// Nil, or what is wrong.
    /// - Parameter name: what the best kernel must be called.
    static func mismatch(_ testCase: OperatorCase, expecting name: String? = nil) throws -> String? {
        guard let op = testCase.op as? any Executable else { return "\(testCase): no kernel" }
        let inputs = testCase.tensors(seed: 3)
        let expected = try GraphEvaluator(implementation: "reference").run(op, inputs)[0]
        let packs = PackStore()
        // Two kernels share the pack.
        for round in 0..<2 {
            let result = Tensor(zeros: expected.type)
            result.storage.bytes.initializeMemory(as: UInt8.self, repeating: 0xFF)
            let problem = KernelProblem(
                inputs: inputs.map { $0?.type }, outputs: [expected.type],
                constants: inputs.enumerated().map { $0 == 1 ? $1 : nil },
                packs: packs, threads: 2)
            let (chosen, kernel) = try op.kernel(for: problem)
            if let name, name != chosen { return "\(testCase) runs as \(chosen), not \(name)" }
            let workspace = TensorStorage(byteCount: max(kernel.workspaceByteCount, 64))
            workspace.bytes.initializeMemory(as: UInt8.self, repeating: 0xFF)
            try kernel.run(
                KernelCall(
                    inputs: inputs.map { $0?.rawPointer }, outputs: [result.rawPointer], workspace: workspace.bytes.baseAddress))
            let what = "\(testCase) packed, round \(round)"
            if let message = testCase.tolerance.mismatch(result.doubles, expected.doubles, what) { return message }
        }
        return nil
    }
}
