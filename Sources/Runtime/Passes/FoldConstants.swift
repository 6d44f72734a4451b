package import Graph
import Kernels

extension Pass {
    package static let withoutDeadNodes = Pass("withoutDeadNodes") { (graph) throws(GraphError) in
        try graph.withoutDeadNodes()
    }

    /// Computes what depends on constants alone, unless the result would be much larger than what it is made from.
    package static let foldConstants = Pass("foldConstants") { (graph) throws(GraphError) in
        var folding = FoldConstants(graph)
        return try graph.rewritten { (rewriter, node) throws(GraphError) in
            var tensors: [Tensor?] = []
            for input in node.inputs {
                guard let input else {
                    tensors.append(nil)
                    continue
                }
                guard let tensor = rewriter.new[rewriter[input]].constant else { return nil }
                tensors.append(tensor)
            }
            guard !tensors.isEmpty, let results = try folding.evaluate(node, tensors) else { return nil }
            return zip(results, node.outputs).map { tensor, old in
                rewriter.new.constant(tensor, name: rewriter.old[old].name)
            }
        }
    }
}

private struct FoldConstants {
    /// Results above this size are folded only when they are not larger than the inputs.
    private static let freeByteCount = 1 << 16
    /// Bytes that all results together may still take; more could be asked for by a model than memory holds.
    private var budget: Int

    init(_ graph: Graph) {
        self.budget = 1 << 26
        for value in graph.values { self.budget += 2 * (value.constant?.type.byteCount ?? 0) }
    }

    mutating func evaluate(_ node: Node, _ inputs: [Tensor?]) throws(GraphError) -> [Tensor]? {
        let types = try node.op.outputTypes(inputs.map { $0?.type })
        let inputBytes = inputs.reduce(0) { $0 + ($1?.type.byteCount ?? 0) }
        let outputBytes = types.reduce(0) { $0 + $1.byteCount }
        guard outputBytes <= max(inputBytes, Self.freeByteCount) else { return nil }
        if node.op is any ViewOperator, let source = inputs[0] {
            return [Tensor(types[0], storage: source.storage, byteOffset: source.byteOffset)]
        }
        guard let executable = node.op as? any Executable else { return nil }
        guard outputBytes <= self.budget else { return nil }
        self.budget -= outputBytes
        let outputs = types.map(Tensor.init(zeros:))
        let problem = KernelProblem(
            inputs: inputs.map { $0?.type }, outputs: types, constants: inputs, packs: PackStore(), threads: 1)
        do throws(KernelError) {
            let kernel = try executable.kernel(for: problem).kernel
            let workspace = TensorStorage(byteCount: max(kernel.workspaceByteCount, 1))
            try kernel.run(
                KernelCall(
                    inputs: inputs.map { $0?.rawPointer }, outputs: outputs.map(\.rawPointer),
                    workspace: workspace.bytes.baseAddress))
        } catch {
            throw GraphError(.unsupported, node.name, "\(error)")
        }
        return outputs
    }
}
