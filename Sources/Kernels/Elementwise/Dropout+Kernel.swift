package import Graph

extension Dropout: Executable {
    package static let implementations: [Implementation<Dropout>] = [
        Implementation("reference") { (_, problem) throws(KernelError) in
            let copy = CopyKernel(problem)
            let count = problem.outputs[0].elementCount
            let hasMask = problem.outputs.count > 1
            return ClosureKernel(inPlaceInputs: copy.inPlaceInputs) { (call) throws(KernelError) in
                copy.run(call)
                if hasMask { call.output(1, as: UInt8.self).update(repeating: 1, count: count) }
            }
        }
    ]
}
