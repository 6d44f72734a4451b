import Graph
import Kernels
import TestSupport

/// Runs a kernel with outputs in the memory of inputs.
enum InPlace {
    /// What differs between running the best kernel with memory of its own and in the memory of each of its `inPlaceInputs`.
    static func mismatch<Op: Executable>(_ op: Op, _ types: [TensorType]) throws -> String? {
        let testCase = OperatorCase("in place", op, types)
        let expected = try GraphEvaluator().run(op, testCase.tensors(seed: 3))
        let problem = self.problem(types, try op.outputTypes(types))
        let kernel = try op.kernel(for: problem).kernel
        guard !kernel.inPlaceInputs.isEmpty else { return "\(testCase): no input can be overwritten" }
        for index in kernel.inPlaceInputs {
            let inputs = testCase.tensors(seed: 3).compactMap { $0 }
            let outputs = [inputs[index]] + expected.dropFirst().map { Tensor(zeros: $0.type) }
            try self.run(kernel, inputs, outputs)
            for (output, wanted) in zip(outputs, expected) {
                let message = Tolerance.exact.mismatch(output.doubles, wanted.doubles, "\(testCase), over input \(index)")
                if let message { return message }
            }
        }
        return nil
    }

    static func problem(_ inputs: [TensorType], _ outputs: [TensorType]) -> KernelProblem {
        KernelProblem(inputs: inputs, outputs: outputs, constants: inputs.map { _ in nil }, packs: PackStore(), threads: 2)
    }

    static func run(_ kernel: any Kernel, _ inputs: [Tensor], _ outputs: [Tensor]) throws {
        let workspace = TensorStorage(byteCount: max(kernel.workspaceByteCount, 64))
        try kernel.run(
            KernelCall(
                inputs: inputs.map(\.rawPointer), outputs: outputs.map(\.rawPointer), workspace: workspace.bytes.baseAddress))
    }
}
