#if canImport(Glibc)
    import Glibc
#endif
package import CKernels
import Graph

/// Attention one query at a time in double precision, for the references of forward and backward.
package struct AttentionReference {
    package let shape: ck_attention
    private let operands: ck_attention_operands
    /// Reads q, k and v, and writes the result.
    private let access: ElementAccess

    package init(_ shape: ck_attention, _ operands: ck_attention_operands) {
        self.shape = shape
        self.operands = operands
        self.access = ElementAccess(shape.is_bf16 ? .bfloat16 : .float32)
    }

    package func query(_ index: Int) -> Double { self.access.double(self.operands.q, index) }
    package func key(_ index: Int) -> Double { self.access.double(self.operands.k, index) }
    package func value(_ index: Int) -> Double { self.access.double(self.operands.v, index) }

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
        let row = self.offset(self.shape.q_strides, batch, head, query)
        let m = self.shape.mask_strides
        let (gridRows, gridColumns) = (self.shape.grid_rows, self.shape.grid_columns)
        let place = (batch * self.shape.heads + head) * self.shape.queries + query
        var peak = -Double.infinity
        for key in 0..<self.shape.keys {
            let other = self.offset(self.shape.k_strides, batch, head, key)
            var dot = 0.0
            for d in 0..<self.shape.size { dot += self.query(row + d) * self.key(other + d) }
            dot *= Double(self.shape.scale)
            if let mask = self.operands.mask { dot += Double(mask[batch * m.0 + head * m.1 + query * m.2 + key * m.3]) }
            if gridColumns > 0, let rows = self.operands.row_bias, let columns = self.operands.column_bias {
                dot += Double(rows[place * gridRows + key / gridColumns])
                dot += Double(columns[place * gridColumns + key % gridColumns])
            }
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
    package func forward(workspace: UnsafeMutablePointer<Double>) {
        self.forEachQuery { batch, head, query in
            self.probabilities(batch, head, query, into: workspace)
            let row = self.offset(self.shape.y_strides, batch, head, query)
            for d in 0..<self.shape.value_size {
                var sum = 0.0
                for key in 0..<self.shape.keys {
                    sum += workspace[key] * self.value(self.offset(self.shape.v_strides, batch, head, key) + d)
                }
                if let y = self.operands.y { self.access.store(sum, y, row + d) }
            }
        }
    }
}
