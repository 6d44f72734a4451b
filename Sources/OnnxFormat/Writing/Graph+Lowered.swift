package import Graph

extension Graph {
    /// The same computation in operators that ONNX has in this opset: every operator that is written as others is
    /// replaced by them, again until all are nodes.
    ///
    /// The nodes that replace `encoder.norm` are called `encoder.norm/Sub` and so on; the one that makes its first output
    /// keeps the name itself. Throws for operators without an ONNX form, naming the node and the reason.
    package func lowered(opset: Int) throws(OnnxError) -> Graph {
        var graph = self
        for _ in 0..<8 {
            guard try graph.needsLowering(opset: opset) else { return graph }
            do throws(GraphError) {
                graph = try graph.rewritten { (rewriter, node) throws(GraphError) in
                    guard case .lowered(let emit) = node.op.onnx(opset: opset) else { return nil }
                    return try rewriter.replace(node, emit)
                }
                try graph.verify(after: "lowering")
            } catch {
                throw OnnxError(.notExportable, error.subject, error.message)
            }
        }
        throw OnnxError(.notExportable, "lowering", "operators are still written as others after 8 rounds")
    }

    private func needsLowering(opset: Int) throws(OnnxError) -> Bool {
        var result = false
        for node in self.nodes {
            switch node.op.onnx(opset: opset) {
            case .node: break
            case .lowered: result = true
            case .none(let reason):
                throw OnnxError(.notExportable, "\(node.name) (\(node.op.name))", "has no form in opset \(opset): \(reason)")
            }
        }
        return result
    }
}

extension Rewriter {
    /// Emits what stands for `node` under names that tell where it is from.
    fileprivate mutating func replace(
        _ node: Node, _ emit: @Sendable (inout Graph, [ValueID?]) throws(GraphError) -> [ValueID]
    ) throws(GraphError) -> [ValueID] {
        let outputs = try self.new.inline(node.name, self.mapped(node.inputs), emit)
        let types = outputs.map { self.new[$0].type }
        guard types == node.outputs.map({ self.old[$0].type }) else {
            throw GraphError(.structure, node.op.name, "its ONNX form makes \(types)").at(node: node.name)
        }
        return outputs
    }
}
