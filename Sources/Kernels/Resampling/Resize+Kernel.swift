package import Graph

extension Resize: Executable {
    package static let implementations: [Implementation<Resize>] = [
        Implementation("simd") { op, problem in
            guard let type = problem.elementType, type == .float32 || type == .bfloat16,
                problem.outputs[0].elementCount > 0, op.crop == nil
            else { return nil }
            let x = problem.input(0).shape
            return ResampleKernel(
                op.axes(x: x, y: problem.outputs[0].shape), layout: op.layout, x: x,
                isBFloat16: type == .bfloat16, threads: problem.threads)
        },
        Implementation("reference") { op, problem in
            let x = problem.input(0)
            let walk = ResampleReference(op.axes(x: x.shape, y: problem.outputs[0].shape), layout: op.layout, x: x.shape)
            let access = ElementAccess(x.dataType)
            let outside = Double(op.crop?.outside ?? 0)
            return ClosureKernel { call in
                let (source, destination) = (call.bytes(0), call.outputBytes(0))
                walk.eachOutput { y, position in
                    if walk.isOutside(position) {
                        access.store(outside, destination, y)
                    } else if access.isFloating {
                        var sum = 0.0
                        walk.eachTap(position) { x, weight in sum += weight * access.double(source, x) }
                        access.store(sum, destination, y)
                    } else {
                        walk.eachTap(position) { x, _ in access.store(integer: access.integer(source, x), destination, y) }
                    }
                }
            }
        },
    ]
}
