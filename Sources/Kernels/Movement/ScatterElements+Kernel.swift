package import Graph

extension ScatterElements: Executable {
    package static let implementations: [Implementation<ScatterElements>] = [
        Implementation("reference") { (op, problem) throws(KernelError) in
            let places = ElementPlaces(op.name, problem, axis: op.axis)
            let update = ElementUpdate(problem.outputs[0].dataType, op.reduction)
            let copy = CopyKernel(problem)
            return ClosureKernel(
                workspaceByteCount: places.workspaceByteCount, inPlaceInputs: copy.inPlaceInputs
            ) { (call) throws(KernelError) in
                let indices = try places.resolve(call)
                copy.run(call)
                let updates = UnsafeRawPointer(call.input(2, as: UInt8.self))
                for element in 0..<places.count {
                    update.apply(updates, element, to: call.outputs[0], places.offset(element, indices))
                }
            }
        }
    ]
}
