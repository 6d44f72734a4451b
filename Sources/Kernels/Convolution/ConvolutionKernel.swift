#if canImport(Glibc)
    import Glibc
#endif
package import CKernels
import Graph

/// A convolution, or one of its gradients, by the library underneath.
package final class ConvolutionKernel: Kernel, @unchecked Sendable {
    /// Indices of the operands among inputs and outputs of the operator.
    package struct Operands: Sendable {
        package var x: Int?
        package var w: Int?
        package var y: Int?
        package var bias: Int?
        package var residual: Int?

        package init(x: Int? = nil, w: Int? = nil, y: Int? = nil, bias: Int? = nil, residual: Int? = nil) {
            self.x = x
            self.w = w
            self.y = y
            self.bias = bias
            self.residual = residual
        }
    }

    private let subject: String
    private let handle: OpaquePointer
    private let operands: Operands
    private let outputByteCount: Int
    /// The packed weights, kept alive while the handle points at them.
    private var packed: Tensor?
    package let workspaceByteCount: Int

    /// - Parameter operands: indices of the inputs; the operand that is nil among x, w and y is the output.
    package init(
        _ subject: String, _ kind: ck_conv_kind, _ spec: ck_conv_spec, _ operands: Operands, _ problem: KernelProblem
    ) throws(KernelError) {
        var created: OpaquePointer?
        try check(subject) { withUnsafePointer(to: spec) { ck_conv_create(kind, $0, &created) } }
        guard let created else { throw KernelError(.library, subject, "no handle") }
        self.handle = created
        self.subject = subject
        self.operands = operands
        self.workspaceByteCount = ck_conv_workspace(created)
        self.outputByteCount = problem.outputs[0].byteCount
        if let index = operands.w, index < problem.constants.count, let weights = problem.constants[index] {
            try self.pack(weights, problem.packs)
        }
    }

    deinit {
        ck_conv_destroy(self.handle)
    }

    /// Rearranges weights that never change once for all plans.
    private func pack(_ weights: Tensor, _ packs: PackStore) throws(KernelError) {
        let byteCount = ck_conv_packed_size(self.handle)
        guard byteCount > 0 else { return }
        let packed = try packs.pack(weights, as: String(cString: ck_conv_arrangement(self.handle))) { () throws(KernelError) in
            let pack = Tensor(zeros: TensorType(.uint8, [byteCount]))
            try check(self.subject) {
                ck_conv_pack(self.handle, weights.rawPointer.assumingMemoryBound(to: Float.self), pack.floats)
            }
            return pack
        }
        try check(self.subject) { ck_conv_use_packed(self.handle, packed.floats) }
        self.packed = packed
    }

    package var inPlaceInputs: [Int] { self.operands.residual.map { [$0] } ?? [] }

    /// The name of the library's implementation, for benchmarks.
    package var implementation: String { String(cString: ck_conv_implementation(self.handle)) }

    package func run(_ call: KernelCall) throws(KernelError) {
        let output = call.outputs[0]
        if let index = self.operands.residual, let residual = call.inputs[index], residual != output {
            memcpy(output, residual, self.outputByteCount)
        }
        let result = UnsafePointer(output.assumingMemoryBound(to: Float.self))
        try check(self.subject) {
            ck_conv_run(
                self.handle, self.operands.x.map { call.input($0) } ?? result, self.operands.w.map { call.input($0) } ?? result,
                self.operands.bias.map { call.input($0) }, self.operands.y.map { call.input($0) } ?? result, call.workspace)
        }
    }
}

extension Tensor {
    /// The storage as floats, whatever the element type says: how packed bytes go to C.
    fileprivate var floats: UnsafeMutablePointer<Float> { self.rawPointer.assumingMemoryBound(to: Float.self) }
}
