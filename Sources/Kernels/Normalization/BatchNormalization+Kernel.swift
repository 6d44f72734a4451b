package import CKernels
package import Graph

extension BatchNormalization: Executable {
    package static let implementations: [Implementation<BatchNormalization>] = [
        Implementation("simd") { op, problem in
            guard problem.isFloat32 else { return nil }
            let spec = op.layout.batchNormalizationSpec(problem.input(0).shape)
            let epsilon = op.epsilon
            let workspace = withUnsafePointer(to: spec) { ck_batchnorm_workspace($0) }
            return ClosureKernel(workspaceByteCount: workspace, inPlaceInputs: [0]) { call in
                withUnsafePointer(to: spec) {
                    ck_batchnorm_inference(
                        $0, call.input(0), call.input(1), call.input(2), call.input(3), call.input(4), epsilon, call.output(0),
                        call.workspace)
                }
            }
        },
        Implementation("reference") { op, problem in
            let spec = op.layout.batchNormalizationSpec(problem.input(0).shape)
            let epsilon = Double(op.epsilon)
            let access = ElementAccess(problem.input(0).dataType)
            return ClosureKernel { call in
                let (x, y) = (call.bytes(0), call.outputBytes(0))
                for c in 0..<spec.channels {
                    let (scale, bias) = (access.double(call.bytes(1), c), access.double(call.bytes(2), c))
                    let (mean, variance) = (access.double(call.bytes(3), c), access.double(call.bytes(4), c))
                    let slope = scale / (variance + epsilon).squareRoot()
                    spec.eachPlace(of: c) { access.store((access.double(x, $0) - mean) * slope + bias, y, $0) }
                }
            }
        },
    ]
}

extension ChannelLayout {
    /// The sizes of a batch normalization, for forward, training and gradient kernels.
    package func batchNormalizationSpec(_ shape: [Int]) -> ck_batchnorm_spec {
        let (batch, channels, spatial) = self.split(shape)
        return ck_batchnorm_spec(
            batch: batch, channels: channels, area: spatial.reduce(1, *), channels_last: self == .last || spatial.isEmpty)
    }
}

extension ck_batchnorm_spec {
    /// Calls `body` with the offset of every element of one channel.
    package func eachPlace(of channel: Int, _ body: (Int) -> Void) {
        for n in 0..<self.batch {
            for position in 0..<self.area {
                body(
                    self.channels_last
                        ? (n * self.area + position) * self.channels + channel
                        : (n * self.channels + channel) * self.area + position)
            }
        }
    }
}
