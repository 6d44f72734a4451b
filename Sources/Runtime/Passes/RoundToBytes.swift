package import Graph

extension Pass {
    /// Rounds numbers to bytes and back in one step where nobody reads the bytes. Runs after `computeInInt8`.
    package static let roundToBytes = Pass("roundToBytes") { (graph) throws(GraphError) in
        try graph.rewritten { (rewriter, node) throws(GraphError) in
            guard let bytes = rewriter.old.bytes(of: node.outputs[0]), rewriter.hasOneReader(bytes.value),
                let quantize = rewriter.old.producer(of: bytes.value), quantize.op is QuantizeLinear,
                ByteScale(quantize, rewriter.old) == bytes.scale, let x = quantize.inputs[0]
            else { return nil }
            return try rewriter.new.append(RoundToBytes(bytes.scale), [rewriter[x]], name: node.name)
        }
    }
}
