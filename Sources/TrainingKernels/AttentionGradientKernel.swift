import CKernels
import Graph
import Kernels

/// The gradients of attention, for either arrangement of its operands.
///
/// Separate operands: inputs q, k, v, dy, mask and outputs dq, dk, dv. Packed: inputs qkv, dy and output dqkv.
enum AttentionGradientKernel {
    /// Blocks of queries, scores computed again in the workspace.
    static func tiled(_ attention: AttentionShape, threads: Int, subject: String) -> any Kernel {
        let bytes = withUnsafePointer(to: attention.shape) { ck_attention_backward_workspace($0, threads) }
        return ClosureKernel(workspaceByteCount: bytes) { (call) throws(KernelError) in
            let operands = attention.operands(call)
            let results = self.results(attention, call)
            try check(subject) {
                withUnsafePointer(to: attention.shape) { shape in
                    ck_attention_backward(
                        shape, operands.q, operands.k, operands.v, self.mask(attention, call), self.upstream(attention, call),
                        results.dq, results.dk, results.dv, call.workspace, threads)
                }
            }
        }
    }

    static func reference(_ attention: AttentionShape) -> any Kernel {
        let keys = attention.shape.keys
        let sums = 2 * keys + keys * (attention.shape.size + attention.shape.value_size)
        return ClosureKernel(workspaceByteCount: sums * MemoryLayout<Double>.size) { (call) in
            guard let workspace = call.workspace else { preconditionFailure("no workspace") }
            let operands = attention.operands(call)
            let results = self.results(attention, call)
            let reference = AttentionReference(
                attention.shape,
                ck_attention_operands(
                    q: operands.q, k: operands.k, v: operands.v, mask: self.mask(attention, call), row_bias: nil,
                    column_bias: nil, y: nil))
            for batch in 0..<attention.shape.batch {
                for head in 0..<attention.shape.heads {
                    reference.backward(
                        batch, head, dy: self.upstream(attention, call), dq: results.dq, dk: results.dk, dv: results.dv,
                        workspace: workspace.assumingMemoryBound(to: Double.self))
                }
            }
        }
    }

    private static func mask(_ attention: AttentionShape, _ call: KernelCall) -> UnsafePointer<Float>? {
        attention.packedOffsets == nil ? call.optionalInput(4) : nil
    }

    private static func upstream(_ attention: AttentionShape, _ call: KernelCall) -> UnsafePointer<Float> {
        call.input(attention.packedOffsets == nil ? 3 : 1)
    }

    private static func results(
        _ attention: AttentionShape, _ call: KernelCall
    ) -> (dq: UnsafeMutablePointer<Float>, dk: UnsafeMutablePointer<Float>, dv: UnsafeMutablePointer<Float>) {
        guard let offsets = attention.packedOffsets else { return (call.output(0), call.output(1), call.output(2)) }
        let all: UnsafeMutablePointer<Float> = call.output(0)
        return (all + offsets[0], all + offsets[1], all + offsets[2])
    }
}

extension AttentionReference {
    /// One head's gradients. The workspace holds probabilities and their gradients of one query, then the sums of dk and dv.
    fileprivate func backward(
        _ batch: Int, _ head: Int, dy: UnsafePointer<Float>, dq: UnsafeMutablePointer<Float>, dk: UnsafeMutablePointer<Float>,
        dv: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Double>
    ) {
        let (keys, size, valueSize) = (self.shape.keys, self.shape.size, self.shape.value_size)
        let scale = Double(self.shape.scale)
        let p = workspace
        let ds = p + keys
        let keySums = ds + keys
        let valueSums = keySums + keys * size
        for i in 0..<(keys * (size + valueSize)) { keySums[i] = 0 }
        for query in 0..<self.shape.queries {
            self.probabilities(batch, head, query, into: p)
            let upstream = dy + self.offset(self.shape.y_strides, batch, head, query)
            self.scoreGradient(batch, head, upstream, p, ds)
            let at = self.offset(self.shape.q_strides, batch, head, query)
            for d in 0..<size {
                var sum = 0.0
                for key in 0..<keys {
                    sum += ds[key] * self.key(self.offset(self.shape.k_strides, batch, head, key) + d)
                    keySums[key * size + d] += scale * ds[key] * self.query(at + d)
                }
                dq[at + d] = Float(scale * sum)
            }
            for key in 0..<keys {
                for d in 0..<valueSize { valueSums[key * valueSize + d] += p[key] * Double(upstream[d]) }
            }
        }
        for key in 0..<keys {
            let (k, v) = (
                self.offset(self.shape.k_strides, batch, head, key), self.offset(self.shape.v_strides, batch, head, key)
            )
            for d in 0..<size { dk[k + d] = Float(keySums[key * size + d]) }
            for d in 0..<valueSize { dv[v + d] = Float(valueSums[key * valueSize + d]) }
        }
    }

    /// The gradient of one query's scores from its probabilities.
    private func scoreGradient(
        _ batch: Int, _ head: Int, _ upstream: UnsafePointer<Float>, _ p: UnsafeMutablePointer<Double>,
        _ ds: UnsafeMutablePointer<Double>
    ) {
        var delta = 0.0
        for key in 0..<self.shape.keys {
            let value = self.offset(self.shape.v_strides, batch, head, key)
            var dot = 0.0
            for d in 0..<self.shape.value_size { dot += Double(upstream[d]) * self.value(value + d) }
            ds[key] = dot
            delta += p[key] * dot
        }
        for key in 0..<self.shape.keys { ds[key] = p[key] * (ds[key] - delta) }
    }
}
