package import Graph

extension ScatterND: Executable {
    package static let implementations: [Implementation<ScatterND>] = [
        Implementation("reference") { (op, problem) throws(KernelError) in
            let places = SlicePlaces(op.name, problem)
            let update = ElementUpdate(problem.outputs[0].dataType, op.reduction)
            let copy = CopyKernel(problem)
            return ClosureKernel(inPlaceInputs: copy.inPlaceInputs) { (call) throws(KernelError) in
                copy.run(call)
                let updates = UnsafeRawPointer(call.input(2, as: UInt8.self))
                for slice in 0..<places.count {
                    let target = try places.slice(slice, call) * places.sliceCount
                    let source = slice * places.sliceCount
                    for element in 0..<places.sliceCount {
                        update.apply(updates, source + element, to: call.outputs[0], target + element)
                    }
                }
            }
        }
    ]
}
