package import Graph
package import Kernels

/// Runs a graph node by node, without a plan: slow, simple, for tests. Outputs start as NaN (all bytes 0xFF).
package struct GraphEvaluator: Sendable {
    /// Use this implementation of every operator, the best when nil.
    package let implementation: String?

    package init(implementation: String? = nil) {
        self.implementation = implementation
    }

    /// Values of the graph's outputs, by name.
    /// - Parameter bindings: inputs and parameters by name.
    package func run(_ graph: Graph, _ bindings: [String: Tensor]) throws -> [String: Tensor] {
        var values: [ValueID: Tensor] = [:]
        for (index, value) in graph.values.enumerated() {
            switch value.origin {
            case .input, .parameter: values[ValueID(index: index)] = try self.binding(value, bindings)
            case .constant(let tensor): values[ValueID(index: index)] = tensor
            case .node: break
            }
        }
        for node in graph.nodes {
            let inputs = node.inputs.map { $0.flatMap { values[$0] } }
            let outputs = try self.run(node.op, inputs)
            for (id, tensor) in zip(node.outputs, outputs) { values[id] = tensor }
        }
        return Dictionary(
            uniqueKeysWithValues: graph.outputs.compactMap { output in values[output.value].map { (output.name, $0) } })
    }

    /// Runs one operator.
    /// - Parameters:
    ///   - constants: inputs that are known when the kernel is made, which may pack them.
    ///   - packs: where it finds and keeps what it has packed.
    package func run(
        _ op: any Operator, _ inputs: [Tensor?], constants: Set<Int> = [], packs: PackStore = PackStore()
    ) throws -> [Tensor] {
        let types = try op.outputTypes(inputs.map { $0?.type })
        let outputs = types.map { type in
            let tensor = Tensor(zeros: type)
            tensor.storage.bytes.initializeMemory(as: UInt8.self, repeating: 0xFF)
            return tensor
        }
        guard let executable = op as? any Executable else {
            guard op is any ViewOperator, let source = inputs[0] else {
                throw KernelError(.unsupported, op.name, "no kernel is linked into this program")
            }
            return [Tensor(types[0], storage: source.storage, byteOffset: source.byteOffset)]
        }
        let problem = KernelProblem(
            inputs: inputs.map { $0?.type }, outputs: types,
            constants: inputs.enumerated().map { constants.contains($0) ? $1 : nil }, packs: packs, threads: 2)
        let kernel = try executable.kernel(for: problem, implementation: self.implementation).kernel
        let workspace = TensorStorage(byteCount: max(kernel.workspaceByteCount, 64))
        workspace.bytes.initializeMemory(as: UInt8.self, repeating: 0xFF)
        try kernel.run(
            KernelCall(
                inputs: inputs.map { $0?.rawPointer }, outputs: outputs.map(\.rawPointer), workspace: workspace.bytes.baseAddress)
        )
        return outputs
    }

    private func binding(_ value: Value, _ bindings: [String: Tensor]) throws -> Tensor {
        guard let tensor = bindings[value.name], tensor.type == value.type else {
            throw GraphError(.structure, value.name, "no tensor of type \(value.type) is bound")
        }
        return tensor
    }
}
