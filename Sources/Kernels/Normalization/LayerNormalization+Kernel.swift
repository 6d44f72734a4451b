import CKernels
package import Graph

extension LayerNormalization: Executable {
    package static var implementations: [Implementation<LayerNormalization>] {
        [
            Implementation("rows") { (op, problem) in
                let rows = RowShape(problem.input(0), row: problem.input(1))
                let epsilon = op.epsilon
                return ClosureKernel(inPlaceInputs: [0]) { (call) throws(KernelError) in
                    try check(Self.schema.name) {
                        ck_layer_norm(
                            call.input(0), call.input(1), call.optionalInput(2), call.output(0), rows.count, rows.size, epsilon)
                    }
                }
            },
            Implementation("reference") { (op, problem) in
                let rows = RowShape(problem.input(0), row: problem.input(1))
                let epsilon = Double(op.epsilon)
                return ClosureKernel { (call) in
                    let x: UnsafePointer<Float> = call.input(0)
                    let scale: UnsafePointer<Float> = call.input(1)
                    let bias: UnsafePointer<Float>? = call.optionalInput(2)
                    let y: UnsafeMutablePointer<Float> = call.output(0)
                    for row in 0..<rows.count {
                        let begin = row * rows.size
                        let (mean, inverse) = rows.statistics(of: x + begin, epsilon: epsilon)
                        for i in 0..<rows.size {
                            let normal = (Double(x[begin + i]) - mean) * inverse
                            y[begin + i] = Float(normal * Double(scale[i]) + Double(bias?[i] ?? 0))
                        }
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
        var sum = 0.0
        for i in 0..<self.size { sum += Double(x[i]) }
        let mean = sum / Double(self.size)
        var squares = 0.0
        for i in 0..<self.size { squares += (Double(x[i]) - mean) * (Double(x[i]) - mean) }
        return (mean, 1 / (squares / Double(self.size) + epsilon).squareRoot())
    }
}
