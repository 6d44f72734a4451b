import CKernels
package import Graph
package import Kernels

extension BatchNormalizationTraining: Executable {
    package static let implementations: [Implementation<BatchNormalizationTraining>] = [
        Implementation("simd") { op, problem in
            let spec = op.layout.batchNormalizationSpec(problem.input(0).shape)
            let workspace = withUnsafePointer(to: spec) { ck_batchnorm_workspace($0) }
            return ClosureKernel(workspaceByteCount: workspace) { call in
                withUnsafePointer(to: spec) {
                    ck_batchnorm_training(
                        $0, call.input(0), call.input(1), call.input(2), call.input(3), call.input(4), op.epsilon, op.momentum,
                        call.output(0), call.output(1), call.output(2), call.output(3), call.output(4), call.workspace)
                }
            }
        },
        Implementation("reference") { op, problem in
            let spec = op.layout.batchNormalizationSpec(problem.input(0).shape)
            return ClosureKernel { call in
                for channel in 0..<spec.channels { op.runReference(spec, channel, call) }
            }
        },
    ]

    private func runReference(_ spec: ck_batchnorm_spec, _ c: Int, _ call: KernelCall) {
        let (x, y) = (call.input(0), call.output(0))
        let count = Double(spec.batch * spec.area)
        var sum = 0.0
        spec.eachPlace(of: c) { sum += Double(x[$0]) }
        let mean = sum / count
        var squares = 0.0
        spec.eachPlace(of: c) { squares += (Double(x[$0]) - mean) * (Double(x[$0]) - mean) }
        let inverse = 1 / (squares / count + Double(self.epsilon)).squareRoot()
        let slope = Double(call.input(1)[c]) * inverse
        let bias = Double(call.input(2)[c])
        spec.eachPlace(of: c) { y[$0] = Float((Double(x[$0]) - mean) * slope + bias) }
        let momentum = Double(self.momentum)
        call.output(1)[c] = Float(mean)
        call.output(2)[c] = Float(inverse)
        call.output(3)[c] = Float((1 - momentum) * Double(call.input(3)[c]) + momentum * mean)
        call.output(4)[c] = Float((1 - momentum) * Double(call.input(4)[c]) + momentum * squares / (count - 1))
    }
}
