#if canImport(Glibc)
    import Glibc
#endif
package import Graph

extension MaxUnpool: Executable {
    package static let implementations: [Implementation<MaxUnpool>] = [
        Implementation("reference") { op, problem in
            let (x, y) = (problem.input(0), problem.outputs[0])
            guard let pooled = try? op.pooledShape(x) else { return nil }
            let places = StridedIndex(pooled, strides: [y.strides])
            let size = x.dataType.byteCount
            return ClosureKernel { (call) throws(KernelError) in
                let (source, target) = (call.bytes(0), call.outputBytes(0))
                memset(target, 0, y.byteCount)
                let indices = call.input(1, as: Int64.self)
                for element in 0..<x.elementCount {
                    guard (0..<Int64(places.count)).contains(indices[element]) else {
                        throw KernelError(.outOfRange, op.name, "index \(indices[element]) is outside 0..<\(places.count)")
                    }
                    let place = places.offset(Int(indices[element]), 0)
                    (target + place * size).copyMemory(from: source + element * size, byteCount: size)
                }
            }
        }
    ]
}
