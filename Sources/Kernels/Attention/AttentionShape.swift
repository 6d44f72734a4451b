package import CKernels
package import Graph

/// Attention as the kernels see it: sizes and element strides, the same for separate and for packed projections.
package struct AttentionShape: Sendable {
    package let shape: ck_attention
    /// Where q, k and v begin in the first input when all three lie there; nil when they are inputs of their own.
    package let packedOffsets: [Int]?

    /// q, k, v [B, H, N or M, D or E] and the optional mask, as inputs of their own.
    /// - Parameter grid: rows and columns of the keys' grid where queries add a number for each.
    package init(
        _ op: ScaledDotProductAttention, q: TensorType, k: TensorType, v: TensorType, mask: TensorType?,
        grid: (rows: Int, columns: Int)? = nil
    ) {
        let (batch, heads, queries, size) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3])
        let (keys, valueSize) = (k.shape[2], v.shape[3])
        let m = mask.map { Broadcast.strides(of: $0.shape, as: [batch, heads, queries, keys]) } ?? [0, 0, 0, 0]
        self.shape = ck_attention(
            batch: batch, heads: heads, queries: queries, keys: keys, size: size, value_size: valueSize,
            scale: op.factor(size: size),
            q_strides: (heads * queries * size, queries * size, size), k_strides: (heads * keys * size, keys * size, size),
            v_strides: (heads * keys * valueSize, keys * valueSize, valueSize),
            y_strides: (heads * queries * valueSize, queries * valueSize, valueSize),
            mask_strides: (m[0], m[1], m[2], m[3]), grid_rows: grid?.rows ?? 0, grid_columns: grid?.columns ?? 0,
            is_bf16: q.dataType == .bfloat16)
        self.packedOffsets = nil
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
        self.packedOffsets = [0, width, 2 * width]
    }

    /// Strided q, k, v: inputs of their own or parts of the first one.
    package func operands(_ call: KernelCall) -> (q: UnsafePointer<Float>, k: UnsafePointer<Float>, v: UnsafePointer<Float>) {
        guard let offsets = self.packedOffsets else { return (call.input(0), call.input(1), call.input(2)) }
        let qkv: UnsafePointer<Float> = call.input(0)
        return (qkv + offsets[0], qkv + offsets[1], qkv + offsets[2])
    }

    /// The same for C, where elements may be bfloat16; biases follow `maskInput`.
    package func allOperands(_ call: KernelCall, maskInput: Int) -> ck_attention_operands {
        let size = self.shape.is_bf16 ? 2 : 4
        func part(_ index: Int) -> UnsafeRawPointer {
            guard let offsets = self.packedOffsets else { return UnsafeRawPointer(call.input(index, as: UInt8.self)) }
            return UnsafeRawPointer(call.input(0, as: UInt8.self) + offsets[index] * size)
        }
        return ck_attention_operands(
            q: part(0), k: part(1), v: part(2), mask: call.optionalInput(maskInput),
            row_bias: call.optionalInput(maskInput + 1), column_bias: call.optionalInput(maskInput + 2), y: call.outputs[0])
    }
}
