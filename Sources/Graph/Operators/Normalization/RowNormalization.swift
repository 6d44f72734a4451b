/// An operator that normalises rows: all axes from one on, each row by itself, with parameters of a row's shape.
package protocol RowNormalization: OnnxOperator {
    /// The first normalised axis, possibly negative.
    var axis: Int { get }
    /// Added to the mean of squares.
    var epsilon: Float { get }
}

extension RowNormalization {
    /// Reads the attributes that all have. Values are computed in double precision or float32, whatever `stash_type` asks for.
    static func attributes(_ reader: inout OnnxReader) throws(GraphError) -> (axis: Int, epsilon: Float) {
        guard try reader.int("stash_type") ?? 1 == 1 else {
            throw GraphError(.unsupported, reader.type, "stash_type other than float32")
        }
        return (try reader.int("axis") ?? -1, try reader.float("epsilon") ?? 1e-5)
    }

    /// The shape of what is normalised together, and of the parameters.
    package func rowShape(_ x: TensorType) throws(GraphError) -> [Int] {
        Array(x.shape[try self.normalizedAxis(self.axis, rank: x.rank)...])
    }

    /// The type of input 0, a float type; the parameters are rows of it.
    func checkedRows(_ inputs: [TensorType?]) throws(GraphError) -> TensorType {
        let x = try self.unaryType(inputs, ElementTypes.floating)[0]
        let row = TensorType(x.dataType, try self.rowShape(x))
        for (index, type) in inputs.enumerated().dropFirst() {
            guard type ?? row == row else {
                throw GraphError(.shape, self.name, "input \(index) is \(type?.description ?? "absent"), must be \(row)")
            }
        }
        return x
    }
}

extension Graph {
    /// The root of the mean of squares plus epsilon over some axes, which stay with size 1.
    mutating func rootMeanSquare(_ x: ValueID, axes: [Int], epsilon: Float) throws(GraphError) -> ValueID {
        let squares = try self.apply(Mul(), x, x)
        let mean = try self.apply(ReduceMean(axes: axes, keepDimensions: true), squares)
        let added = self.constant(Tensor(scalar: Double(epsilon), self[x].type.dataType), name: "epsilon")
        return try self.apply(Sqrt(), try self.apply(Add(), mean, added))
    }
}
