import CKernels
package import Graph

extension GroupNormalization: Executable {
    package static let implementations: [Implementation<GroupNormalization>] = [
        Implementation("rows") { op, problem in
            guard problem.isFloat32, problem.outputs[0].elementCount > 0 else { return nil }
            let spec = op.spec(problem)
            return ClosureKernel(inPlaceInputs: [0]) { call in
                withUnsafePointer(to: spec) { ck_group_norm($0, call.input(0), call.input(1), call.input(2), call.output(0)) }
            }
        },
        Implementation("reference") { op, problem in
            let access = ElementAccess(problem.input(0).dataType)
            guard problem.outputs[0].elementCount > 0 else { return ClosureKernel { _ in } }
            let spec = op.spec(problem)
            let size = spec.group_channels * spec.area
            let rows = RowShape(problem.input(0), row: TensorType(.float32, [size]))
            return ClosureKernel { call in
                let (x, y) = (call.bytes(0), call.outputBytes(0))
                for row in 0..<rows.count {
                    let (mean, inverse) = rows.statistics(epsilon: Double(op.epsilon)) { access.double(x, row * size + $0) }
                    for i in 0..<size {
                        let channel = row % spec.groups * spec.group_channels + i / spec.area
                        let parameter = channel / spec.parameter_channels
                        let normal = (access.double(x, row * size + i) - mean) * inverse
                        let bias = access.double(call.bytes(2), parameter)
                        access.store(normal * access.double(call.bytes(1), parameter) + bias, y, row * size + i)
                    }
                }
            }
        },
    ]

    /// For a tensor with elements.
    private func spec(_ problem: KernelProblem) -> ck_group_norm_spec {
        let shape = problem.input(0).shape
        let groups = self.groups ?? shape[1]
        return ck_group_norm_spec(
            batch: shape[0], groups: groups, group_channels: shape[1] / groups, area: shape.dropFirst(2).reduce(1, *),
            parameter_channels: shape[1] / problem.input(1).shape[0], epsilon: self.epsilon)
    }
}
