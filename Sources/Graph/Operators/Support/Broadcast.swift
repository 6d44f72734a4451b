/// ONNX's (NumPy's) multidirectional broadcasting of two shapes.
package enum Broadcast {
    /// The shape of the result.
    package static func shape(_ a: [Int], _ b: [Int], in subject: String) throws(GraphError) -> [Int] {
        let rank = max(a.count, b.count)
        var result = [Int](repeating: 1, count: rank)
        for axis in 0..<rank {
            let left = axis < rank - a.count ? 1 : a[axis - (rank - a.count)]
            let right = axis < rank - b.count ? 1 : b[axis - (rank - b.count)]
            guard left == right || left == 1 || right == 1 else {
                throw GraphError(.shape, subject, "\(a) and \(b) do not broadcast: \(left) against \(right)")
            }
            result[axis] = left == 1 ? right : left
        }
        return result
    }

    /// Element strides of `shape` seen as `target`: 0 along axes that are repeated.
    package static func strides(of shape: [Int], as target: [Int]) -> [Int] {
        let own = TensorType(.float32, shape).strides
        let offset = target.count - shape.count
        return target.indices.map { axis in
            axis < offset || shape[axis - offset] == 1 ? 0 : own[axis - offset]
        }
    }

    /// The axes of `target` along which `shape` is repeated: what a gradient is summed over.
    package static func repeatedAxes(of shape: [Int], in target: [Int]) -> [Int] {
        let offset = target.count - shape.count
        return target.indices.filter { axis in
            axis < offset || (shape[axis - offset] == 1 && target[axis] != 1)
        }
    }
}

extension GradientContext {
    /// Sums a gradient back to the shape of the broadcast input it belongs to.
    package mutating func unbroadcast(_ gradient: ValueID, to type: TensorType) throws(GraphError) -> ValueID {
        let shape = self.type(gradient).shape
        if shape == type.shape { return gradient }
        let axes = Broadcast.repeatedAxes(of: type.shape, in: shape)
        let sum = axes.isEmpty ? gradient : try self.emit(ReduceSum(axes: axes, keepDimensions: true), gradient)
        return self.type(sum).shape == type.shape ? sum : try self.emit(Reshape(type.shape), sum)
    }
}
