package import Graph

extension Det: Executable {
    package static let implementations: [Implementation<Det>] = [
        Implementation("reference") { (_, problem) throws(KernelError) in
            let type = problem.input(0)
            let access = ElementAccess(type.dataType)
            let size = type.shape[type.rank - 1]
            let count = problem.outputs[0].elementCount
            return ClosureKernel(workspaceByteCount: size * size * MemoryLayout<Double>.stride) { (call) throws(KernelError) in
                let x = UnsafeRawPointer(call.input(0, as: UInt8.self))
                for matrix in 0..<count {
                    var result = 1.0
                    if let workspace = call.workspace, size > 0 {
                        let a = workspace.assumingMemoryBound(to: Double.self)
                        for element in 0..<(size * size) { a[element] = access.double(x, matrix * size * size + element) }
                        result = eliminated(a, size)
                    }
                    access.store(result, call.outputs[0], matrix)
                }
            }
        }
    ]
}

/// The determinant of a matrix, which is overwritten: elimination with the largest pivot of each column.
private func eliminated(_ a: UnsafeMutablePointer<Double>, _ size: Int) -> Double {
    var result = 1.0
    for column in 0..<size {
        var pivot = column
        for row in column..<size where a[row * size + column].magnitude > a[pivot * size + column].magnitude { pivot = row }
        if pivot != column {
            for other in 0..<size {
                let moved = a[pivot * size + other]
                a[pivot * size + other] = a[column * size + other]
                a[column * size + other] = moved
            }
            result = -result
        }
        let divisor = a[column * size + column]
        result *= divisor
        if divisor == 0 { return result }
        for row in (column + 1)..<max(size, column + 1) {
            let factor = a[row * size + column] / divisor
            for other in column..<size { a[row * size + other] -= factor * a[column * size + other] }
        }
    }
    return result
}
