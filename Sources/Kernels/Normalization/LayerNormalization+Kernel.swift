import CKernels
package import Graph

extension LayerNormalization: Executable {
    package static var implementations: [Implementation<LayerNormalization>] {
        [
            Implementation("rows") { (op, problem) in
                guard problem.isFloat32 else { return nil }
                let rows = RowShape(problem.input(0), row: problem.input(1))
                let (epsilon, statistics) = (op.epsilon, op.statistics)
                return ClosureKernel(inPlaceInputs: [0]) { (call) throws(KernelError) in
                    try check(Self.schema.name) {
                        ck_layer_norm(
                            call.input(0), call.input(1), call.optionalInput(2), call.output(0),
                            statistics ? call.output(1) : nil, statistics ? call.output(2) : nil, rows.count, rows.size, epsilon)
                    }
                }
            },
            Implementation("mixed") { (op, problem) in
                let (x, y) = (problem.input(0).dataType, problem.outputs[0].dataType)
                let known: Set<DataType> = [.float32, .bfloat16]
                guard op.result != nil, !op.statistics, known.contains(x), known.contains(y), x != .float32 || y != .float32
                else { return nil }
                let rows = RowShape(problem.input(0), row: problem.input(1))
                let epsilon = op.epsilon
                return ClosureKernel(inPlaceInputs: x == y ? [0] : []) { call in
                    ck_layer_norm_bf16(
                        call.bytes(0), x == .bfloat16, call.input(1), call.optionalInput(2), call.outputBytes(0), y == .bfloat16,
                        rows.count, rows.size, epsilon)
                }
            },
            Implementation("reference") { (op, problem) in
                let rows = RowShape(problem.input(0), row: problem.input(1))
                let (epsilon, statistics) = (Double(op.epsilon), op.statistics)
                let access = ElementAccess(problem.input(0).dataType)
                let parameter = ElementAccess(problem.input(1).dataType)
                let result = ElementAccess(problem.outputs[0].dataType)
                return ClosureKernel { (call) in
                    let (x, y) = (call.bytes(0), call.outputBytes(0))
                    for row in 0..<rows.count {
                        let begin = row * rows.size
                        let (mean, inverse) = rows.statistics(epsilon: epsilon) { access.double(x, begin + $0) }
                        for i in 0..<rows.size {
                            let normal = (access.double(x, begin + i) - mean) * inverse
                            let bias = call.optionalBytes(2).map { parameter.double($0, i) } ?? 0
                            result.store(normal * parameter.double(call.bytes(1), i) + bias, y, begin + i)
                        }
                        guard statistics else { continue }
                        call.output(1)[row] = Float(mean)
                        call.output(2)[row] = Float(inverse)
                    }
                }
            },
        ]
    }
}

/// A tensor seen as rows of which each is normalised by itself.
package struct RowShape: Sendable {
    package let count: Int
    /// Elements of a row.
    package let size: Int

    package init(_ x: TensorType, row: TensorType) {
        self.size = row.elementCount
        self.count = self.size == 0 ? 0 : x.elementCount / self.size
    }

    /// Mean and 1/√(variance + epsilon) of the row at `x`.
    package func statistics(of x: UnsafePointer<Float>, epsilon: Double) -> (mean: Double, inverse: Double) {
        self.statistics(epsilon: epsilon) { Double(x[$0]) }
    }

    /// Mean and 1/√(variance + epsilon) of a row by its elements.
    func statistics(epsilon: Double, _ element: (Int) -> Double) -> (mean: Double, inverse: Double) {
        var sum = 0.0
        for i in 0..<self.size { sum += element(i) }
        let mean = sum / Double(self.size)
        var squares = 0.0
        for i in 0..<self.size { squares += (element(i) - mean) * (element(i) - mean) }
        return (mean, 1 / (squares / Double(self.size) + epsilon).squareRoot())
    }
}
