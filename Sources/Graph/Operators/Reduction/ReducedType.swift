extension Operator {
    /// The type rule of the `Reduce…` operators. Nothing is reduced to what changes nothing: 0 for a sum, say.
    func reducedType(
        _ inputs: [TensorType?], _ reduction: Reduction, _ accepted: Set<DataType>
    ) throws(GraphError) -> [TensorType] {
        [try reduction.outputType(try self.unaryType(inputs, accepted)[0], in: self.name)]
    }
}

extension GradientContext {
    /// A reduced value with the reduced axes back as size 1, so that it broadcasts against the input.
    mutating func kept(_ value: ValueID, _ reduction: Reduction) throws(GraphError) -> ValueID {
        let shape = try reduction.keptShape(self.type(try self.input(0)), in: self.node.op.name)
        return self.type(value).shape == shape ? value : try self.emit(Reshape(shape), value)
    }

    /// The gradient of `ReduceMax` and `ReduceMin`: divided evenly among the elements that equal the result.
    mutating func extremeGradient(_ reduction: Reduction) throws(GraphError) -> ValueID {
        let x = try self.input(0)
        let y = try self.kept(self.outputs[0], reduction)
        let dy = try self.kept(try self.dy(), reduction)
        let hits = try self.emit(Cast(to: self.type(x).dataType), try self.emit(Equal(), x, y))
        let count = try self.emit(ReduceSum(reduction.kept), hits)
        return try self.emit(Mul(), hits, try self.emit(Div(), dy, count))
    }
}
