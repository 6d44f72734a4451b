#if canImport(Glibc)
    import Glibc
#endif
package import Graph

/// A tensor seen as [outer, count, inner] around one axis.
package struct AxisShape: Sendable {
    package let outer: Int
    /// Size of the axis.
    package let count: Int
    package let inner: Int

    /// The type rule has checked the axis.
    package init(_ type: TensorType, axis: Int) {
        let axis = axis < 0 ? axis + type.rank : axis
        self.outer = type.shape[..<axis].reduce(1, *)
        self.count = type.shape[axis]
        self.inner = type.shape[(axis + 1)...].reduce(1, *)
    }

    /// Calls `body` with the offset of the first element of every row along the axis; neighbours lie `inner` apart.
    package func forEachRow(_ body: (Int) -> Void) {
        for outer in 0..<self.outer {
            for inner in 0..<self.inner { body(outer * self.count * self.inner + inner) }
        }
    }
}

extension SoftmaxForm {
    /// The plain softmax or, with `logarithm`, its logarithm.
    static func reference(logarithm: Bool) -> Implementation<Self> {
        Implementation("reference") { (op, problem) in
            let shape = AxisShape(problem.input(0), axis: op.axis)
            let access = ElementAccess(problem.input(0).dataType)
            return ClosureKernel { (call) in
                let x = UnsafeRawPointer(call.input(0, as: UInt8.self))
                let y = call.outputs[0]
                shape.forEachRow { begin in
                    var peak = -Double.infinity
                    for i in 0..<shape.count { peak = max(peak, access.double(x, begin + i * shape.inner)) }
                    var sum = 0.0
                    for i in 0..<shape.count { sum += exp(access.double(x, begin + i * shape.inner) - peak) }
                    for i in 0..<shape.count {
                        let shifted = access.double(x, begin + i * shape.inner) - peak
                        access.store(logarithm ? shifted - log(sum) : exp(shifted) / sum, y, begin + i * shape.inner)
                    }
                }
            }
        }
    }
}
