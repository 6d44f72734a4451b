import CKernels
package import Graph
package import Kernels

extension LayerNormalizationGradient: Executable {
    package static var implementations: [Implementation<LayerNormalizationGradient>] {
        [
            Implementation("rows") { (op, problem) in
                let rows = RowShape(problem.input(0), row: problem.input(1))
                let epsilon = op.forward.epsilon
                let parameters = op.parameters
                let lanes = problem.threads
                let bytes = parameters ? 2 * lanes * rows.size * MemoryLayout<Float>.size : 0
                return ClosureKernel(workspaceByteCount: bytes, inPlaceInputs: [2, 0]) { (call) throws(KernelError) in
                    try check(Self.schema.name) {
                        ck_layer_norm_gradient(
                            call.input(0), call.input(1), call.input(2), call.output(0), parameters ? call.output(1) : nil,
                            parameters ? call.output(2) : nil, rows.count, rows.size, epsilon,
                            call.workspace?.assumingMemoryBound(to: Float.self), lanes)
                    }
                }
            },
            Implementation("reference") { (op, problem) in LayerNormalizationGradientReference(op, problem) },
        ]
    }
}

private struct LayerNormalizationGradientReference: Kernel {
    let rows: RowShape
    let epsilon: Double
    let parameters: Bool

    init(_ op: LayerNormalizationGradient, _ problem: KernelProblem) {
        self.rows = RowShape(problem.input(0), row: problem.input(1))
        self.epsilon = Double(op.forward.epsilon)
        self.parameters = op.parameters
    }

    /// Sums of both parameters' gradients.
    var workspaceByteCount: Int { 2 * self.rows.size * MemoryLayout<Double>.size }

    func run(_ call: KernelCall) {
        guard let workspace = call.workspace else { preconditionFailure("no workspace") }
        let sums = workspace.assumingMemoryBound(to: Double.self)
        for i in 0..<(2 * self.rows.size) { sums[i] = 0 }
        for row in 0..<self.rows.count { self.row(row * self.rows.size, call, sums) }
        guard self.parameters else { return }
        let dscale: UnsafeMutablePointer<Float> = call.output(1)
        let dbias: UnsafeMutablePointer<Float> = call.output(2)
        for i in 0..<self.rows.size {
            dscale[i] = Float(sums[i])
            dbias[i] = Float(sums[self.rows.size + i])
        }
    }

    private func row(_ begin: Int, _ call: KernelCall, _ sums: UnsafeMutablePointer<Double>) {
        let x: UnsafePointer<Float> = call.input(0) + begin
        let scale: UnsafePointer<Float> = call.input(1)
        let dy: UnsafePointer<Float> = call.input(2) + begin
        let dx: UnsafeMutablePointer<Float> = call.output(0) + begin
        let size = self.rows.size
        let (mean, inverse) = self.rows.statistics(of: x, epsilon: self.epsilon)
        var sum = 0.0
        var dot = 0.0
        for i in 0..<size {
            let normal = (Double(x[i]) - mean) * inverse
            let gradient = Double(dy[i]) * Double(scale[i])
            sum += gradient
            dot += gradient * normal
            sums[i] += Double(dy[i]) * normal
            sums[size + i] += Double(dy[i])
        }
        for i in 0..<size {
            let normal = (Double(x[i]) - mean) * inverse
            dx[i] = Float((Double(dy[i]) * Double(scale[i]) - (sum + normal * dot) / Double(size)) * inverse)
        }
    }
}
