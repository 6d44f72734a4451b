package import CKernels
package import Graph

/// Attention as the kernels see it: sizes and element strides, the same for separate and for packed projections.
package struct AttentionShape: Sendable {
    package let shape: ck_attention
    /// Where q, k and v begin in the first input when all three lie there; nil when they are inputs of their own.
    package let packedOffsets: [Int]?
    /// The input that holds q, k or v, and the element there where it begins.
    private let places: [(input: Int, offset: Int)]

    /// q, k, v and the optional mask, as inputs of their own, arranged as the operator says.
    /// - Parameter grid: rows and columns of the keys' grid where queries add a number for each.
    package init(
        _ op: ScaledDotProductAttention, q: TensorType, k: TensorType, v: TensorType, mask: TensorType?,
        grid: (rows: Int, columns: Int)? = nil
    ) {
        let (batch, heads, queries) = (q.shape[op.queries.axes[0]], q.shape[op.queries.axes[1]], q.shape[op.queries.axes[2]])
        let (keys, size, valueSize) = (k.shape[op.keys.axes[2]], q.shape[q.rank - 1], v.shape[v.rank - 1])
        let m = mask.map { Broadcast.strides(of: $0.shape, as: [batch, heads, queries, keys]) } ?? [0, 0, 0, 0]
        let result = op.result.tensor(TensorType(q.dataType, [batch, heads, queries, valueSize]))
        self.shape = ck_attention(
            batch: batch, heads: heads, queries: queries, keys: keys, size: size, value_size: valueSize,
            scale: op.factor(size: size), q_strides: op.queries.strides(in: q), k_strides: op.keys.strides(in: k),
            v_strides: op.values.strides(in: v), y_strides: op.result.strides(in: result),
            mask_strides: (m[0], m[1], m[2], m[3]), grid_rows: grid?.rows ?? 0, grid_columns: grid?.columns ?? 0,
            is_bf16: q.dataType == .bfloat16)
        self.packedOffsets = nil
        self.places = [(0, op.queries.offset(in: q)), (1, op.keys.offset(in: k)), (2, op.values.offset(in: v))]
    }

    /// qkv [B, N, 3·H·D].
    package init(_ op: PackedAttention, qkv: TensorType) {
        let (batch, tokens, width) = (qkv.shape[0], qkv.shape[1], qkv.shape[2] / 3)
        let size = width / op.heads
        let strides = (tokens * 3 * width, size, 3 * width)
        self.shape = ck_attention(
            batch: batch, heads: op.heads, queries: tokens, keys: tokens, size: size, value_size: size,
            scale: op.inner.factor(size: size), q_strides: strides, k_strides: strides, v_strides: strides,
            y_strides: (tokens * width, size, width), mask_strides: (0, 0, 0, 0), grid_rows: 0, grid_columns: 0,
            is_bf16: qkv.dataType == .bfloat16)
        let offsets = [0, width, 2 * width]
        self.packedOffsets = offsets
        self.places = offsets.map { (0, $0) }
    }

    /// Strided q, k, v: inputs of their own or parts of the first one.
    package func operands(_ call: KernelCall) -> (q: UnsafePointer<Float>, k: UnsafePointer<Float>, v: UnsafePointer<Float>) {
        func part(_ index: Int) -> UnsafePointer<Float> {
            call.input(self.places[index].input) + self.places[index].offset
        }
        return (part(0), part(1), part(2))
    }

    /// The same for C, where elements may be bfloat16; biases follow `maskInput`.
    package func allOperands(_ call: KernelCall, maskInput: Int) -> ck_attention_operands {
        let size = self.shape.is_bf16 ? 2 : 4
        func part(_ index: Int) -> UnsafeRawPointer {
            UnsafeRawPointer(call.input(self.places[index].input, as: UInt8.self) + self.places[index].offset * size)
        }
        return ck_attention_operands(
            q: part(0), k: part(1), v: part(2), mask: call.optionalInput(maskInput),
            row_bias: call.optionalInput(maskInput + 1), column_bias: call.optionalInput(maskInput + 2), y: call.outputs[0])
    }
}
