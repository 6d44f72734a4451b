import CKernels
package import Graph
package import Kernels

extension BatchNormalizationGradient: Executable {
    package static let implementations: [Implementation<BatchNormalizationGradient>] = [
        Implementation("simd") { op, problem in
            let spec = op.layout.batchNormalizationSpec(problem.input(0).shape)
            let workspace = withUnsafePointer(to: spec) { ck_batchnorm_workspace($0) }
            return ClosureKernel(workspaceByteCount: workspace, inPlaceInputs: [4]) { call in
                withUnsafePointer(to: spec) {
                    ck_batchnorm_gradient(
                        $0, call.input(0), call.input(1), call.input(2), call.input(3), call.input(4), call.output(0),
                        call.output(1), call.output(2), call.workspace)
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
        let (x, dy, dx) = (call.input(0), call.input(4), call.output(0))
        let mean = Double(call.input(2)[c])
        let inverse = Double(call.input(3)[c])
        let slope = Double(call.input(1)[c]) * inverse
        let count = Double(spec.batch * spec.area)
        var sum = 0.0
        var moment = 0.0
        spec.eachPlace(of: c) {
            sum += Double(dy[$0])
            moment += Double(dy[$0]) * (Double(x[$0]) - mean) * inverse
        }
        spec.eachPlace(of: c) {
            let normalized = (Double(x[$0]) - mean) * inverse
            dx[$0] = Float(slope * (Double(dy[$0]) - (sum + normalized * moment) / count))
        }
        call.output(1)[c] = Float(moment)
        call.output(2)[c] = Float(sum)
    }
}
