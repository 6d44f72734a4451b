#if canImport(Glibc)
    import Glibc
#endif
package import CKernels

/// Attention one query at a time in double precision, for the references of forward and backward.
package struct AttentionReference {
    package let shape: ck_attention
    package let q: UnsafePointer<Float>
    package let k: UnsafePointer<Float>
    package let v: UnsafePointer<Float>
    package let mask: UnsafePointer<Float>?

    package init(
        _ shape: ck_attention, q: UnsafePointer<Float>, k: UnsafePointer<Float>, v: UnsafePointer<Float>,
        mask: UnsafePointer<Float>?
    ) {
        self.shape = shape
        self.q = q
        self.k = k
        self.v = v
        self.mask = mask
    }

    /// Calls `body` with batch, head and row of every query.
    package func forEachQuery(_ body: (Int, Int, Int) -> Void) {
        for batch in 0..<self.shape.batch {
            for head in 0..<self.shape.heads {
                for query in 0..<self.shape.queries { body(batch, head, query) }
            }
        }
    }

    /// The offset of a row in a tensor with these strides.
    package func offset(_ strides: (Int, Int, Int), _ batch: Int, _ head: Int, _ row: Int) -> Int {
        batch * strides.0 + head * strides.1 + row * strides.2
    }

    /// The softmax of one query's scores.
    package func probabilities(_ batch: Int, _ head: Int, _ query: Int, into result: UnsafeMutablePointer<Double>) {
        let row = self.q + self.offset(self.shape.q_strides, batch, head, query)
        let m = self.shape.mask_strides
        var peak = -Double.infinity
        for key in 0..<self.shape.keys {
            let other = self.k + self.offset(self.shape.k_strides, batch, head, key)
            var dot = 0.0
            for d in 0..<self.shape.size { dot += Double(row[d]) * Double(other[d]) }
            dot *= Double(self.shape.scale)
            if let mask = self.mask { dot += Double(mask[batch * m.0 + head * m.1 + query * m.2 + key * m.3]) }
            result[key] = dot
            peak = max(peak, dot)
        }
        var sum = 0.0
        for key in 0..<self.shape.keys {
            result[key] = exp(result[key] - peak)
            sum += result[key]
        }
        for key in 0..<self.shape.keys { result[key] /= sum }
    }

    /// The whole result; `workspace` holds as many doubles as there are keys.
    package func forward(into y: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Double>) {
        self.forEachQuery { batch, head, query in
            self.probabilities(batch, head, query, into: workspace)
            let row = y + self.offset(self.shape.y_strides, batch, head, query)
            for d in 0..<self.shape.value_size {
                var sum = 0.0
                for key in 0..<self.shape.keys {
                    sum += workspace[key] * Double(self.v[self.offset(self.shape.v_strides, batch, head, key) + d])
                }
                row[d] = Float(sum)
            }
        }
    }
}
