import CKernels
package import Graph

extension GlobalAveragePool: Executable {
    package static let implementations: [Implementation<GlobalAveragePool>] = [
        Implementation("direct") { op, problem in
            guard let isNarrow = problem.isNarrowPooling(op.layout) else { return nil }
            let (batch, channels, spatial) = op.layout.split(problem.input(0).shape)
            let area = spatial.reduce(1, *)
            let isLast = op.layout == .last
            let room = isLast ? ck_global_average_pool_workspace(batch, channels, area) : 0
            return ClosureKernel(workspaceByteCount: room) { call in
                if isNarrow {
                    ck_global_average_pool_bf16(
                        call.input(0, as: UInt16.self), call.output(0, as: UInt16.self), batch, channels, area,
                        call.workspace)
                } else {
                    ck_global_average_pool(call.input(0), call.output(0), batch, channels, area, isLast, call.workspace)
                }
            }
        },
        Implementation("reference") { op, problem in
            let (batch, channels, spatial) = op.layout.split(problem.input(0).shape)
            let area = spatial.reduce(1, *)
            let (channelStride, step) = op.layout == .last ? (1, channels) : (area, 1)
            let access = ElementAccess(problem.input(0).dataType)
            return ClosureKernel { call in
                for n in 0..<batch {
                    for c in 0..<channels {
                        let start = n * channels * area + c * channelStride
                        let sum = (0..<area).reduce(0.0) { $0 + access.double(call.bytes(0), start + $1 * step) }
                        access.store(sum / Double(area), call.outputBytes(0), n * channels + c)
                    }
                }
            }
        },
    ]
}
