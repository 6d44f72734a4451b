package import Graph

extension Pass {
    /// Computes on float16 and bfloat16 values in float32: a node's narrow inputs are widened, its result is rounded back.
    ///
    /// Each node's result is rounded as the model says, and the kernels for float32 do the work. Weights are widened once,
    /// here.
    package static let widenNarrowFloats = Pass("widenNarrowFloats") { (graph) throws(GraphError) in
        let isNeeded = graph.nodes.contains { node in
            node.outputs.contains { graph[$0].type.dataType.isWidened }
        }
        guard isNeeded else { return graph }
        return try graph.rewritten { (rewriter, node) throws(GraphError) in
            guard Self.computes(node.op) else { return nil }
            let isNarrow = node.inputs.contains { $0.map { rewriter.old[$0].type.dataType.isWidened } ?? false }
            guard isNarrow, node.outputs.contains(where: { rewriter.old[$0].type.dataType.isWidened }) else { return nil }
            var inputs: [ValueID?] = []
            for input in node.inputs { inputs.append(try input.map { (id) throws(GraphError) in try rewriter.widened(id) }) }
            // An operator that names its result's type keeps it.
            guard let wide = try? rewriter.new.append(node.op, inputs, name: "\(node.name)/float32") else { return nil }
            var outputs: [ValueID] = []
            for (new, old) in zip(wide, node.outputs) {
                let type = rewriter.old[old].type.dataType
                let isSame = rewriter.new[new].type.dataType == type
                outputs.append(isSame ? new : try rewriter.new.apply(Cast(to: type), new, name: rewriter.old[old].name))
            }
            return outputs
        }
    }

    /// Whether the operator looks at the numbers.
    private static func computes(_ op: any Operator) -> Bool {
        switch op {
        case is Cast, is Reshape, is Flatten, is Squeeze, is Unsqueeze, is Transpose, is Slice, is Split, is Gather, is Concat,
            is Expand, is Identity, is Where, is QuantizeLinear, is DequantizeLinear:
            false
        default: true
        }
    }
}

extension DataType {
    fileprivate var isWidened: Bool { self == .float16 || self == .bfloat16 }
}

extension Rewriter {
    fileprivate mutating func widened(_ id: ValueID) throws(GraphError) -> ValueID {
        let value = self.old[id]
        guard value.type.dataType.isWidened else { return self[id] }
        guard let tensor = value.constant else {
            return try self.new.apply(Cast(to: .float32), self[id], name: "\(value.name)/float32")
        }
        let wide = Tensor(zeros: TensorType(.float32, tensor.shape))
        let from = ElementAccess(tensor.type.dataType)
        wide.withElements(as: Float.self) { elements in
            for index in elements.indices { elements[index] = Float(from.double(tensor.rawPointer, index)) }
        }
        return self.new.constant(wide, name: "\(value.name)/float32")
    }
}
