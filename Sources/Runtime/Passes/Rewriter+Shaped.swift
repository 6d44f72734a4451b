import Graph

extension Rewriter {
    /// A value of the new graph under this shape; itself where that is its shape.
    mutating func shaped(_ value: ValueID, _ shape: [Int], name: String) throws(GraphError) -> ValueID {
        guard self.new[value].type.shape != shape else { return value }
        return try self.new.apply(Reshape(shape, allowsZero: shape.contains(0)), value, name: name)
    }
}
