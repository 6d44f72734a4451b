package import Graph
package import Kernels

extension ResizeGradient: Executable {
    package static let implementations: [Implementation<ResizeGradient>] = [
        Implementation("simd") { op, problem in
            guard problem.outputs[0].elementCount > 0 else { return nil }
            let dy = problem.input(0).shape
            let axes = op.resize.axes(x: op.inputShape, y: dy).map(\.transposed)
            return ResampleKernel(axes, layout: op.resize.layout, x: dy, threads: problem.threads)
        },
        Implementation("reference") { op, problem in
            let axes = op.resize.axes(x: op.inputShape, y: problem.input(0).shape)
            let walk = ResampleReference(axes, layout: op.resize.layout, x: op.inputShape)
            let count = problem.outputs[0].elementCount
            return ClosureKernel(workspaceByteCount: count * MemoryLayout<Double>.stride) { call in
                let (dy, dx) = (call.input(0), call.output(0))
                guard let sums = call.workspace?.assumingMemoryBound(to: Double.self) else { return }
                for place in 0..<count { sums[place] = 0 }
                walk.eachOutput { y, position in
                    walk.eachTap(position) { x, weight in sums[x] += weight * Double(dy[y]) }
                }
                for place in 0..<count { dx[place] = Float(sums[place]) }
            }
        },
    ]
}
