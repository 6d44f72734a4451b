/// What compositions are made of.
extension Graph {
    func type(_ id: ValueID) -> TensorType { self[id].type }

    /// The value under another shape of as many elements; itself when it has that shape.
    mutating func reshaped(_ id: ValueID, to shape: [Int]) throws(GraphError) -> ValueID {
        self.type(id).shape == shape ? id : try self.apply(Reshape(shape, allowsZero: shape.contains(0)), id)
    }

    /// The value with its axes in another order; itself when that is theirs.
    mutating func transposed(_ id: ValueID, _ permutation: [Int]) throws(GraphError) -> ValueID {
        permutation == Array(permutation.indices) ? id : try self.apply(Transpose(permutation: permutation), id)
    }

    /// The value repeated to a shape; itself when it has that shape.
    mutating func expanded(_ id: ValueID, to shape: [Int]) throws(GraphError) -> ValueID {
        self.type(id).shape == shape ? id : try self.apply(Expand(shape), id)
    }

    /// A constant number that broadcasts against values of that type.
    mutating func number(_ value: Double, _ type: DataType) -> ValueID {
        self.constant(Tensor(value, as: type))
    }

    /// 0, 1, 2 and so on along axis `axis` of `rank`, every other axis 1.
    mutating func count(_ size: Int, axis: Int, rank: Int) -> ValueID {
        var shape = [Int](repeating: 1, count: rank)
        shape[axis] = size
        return self.constant(Tensor((0..<Int64(size)).map { $0 }, shape: shape))
    }
}

extension Tensor {
    /// A scalar of any type.
    init(_ value: Double, as type: DataType) {
        self.init(zeros: TensorType(type, []))
        if value != 0 { ElementAccess(type).store(value, self.rawPointer, 0) }
    }

    /// The integers of a list that may be a scalar; nil for other types.
    var integers: [Int64]? {
        guard !self.type.dataType.isFloating, self.type.dataType != .uint64 else { return nil }
        let access = ElementAccess(self.type.dataType)
        return (0..<self.type.elementCount).map { access.integer(self.rawPointer, $0) }
    }
}

/// Most elements of a constant that a composition makes from numbers in a file.
let mostComposedElements = 1 << 24
