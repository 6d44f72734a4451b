extension Operator {
    /// The type rule of `Max` and `Min`.
    func extremeType(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        var result = try self.unaryType(inputs, ElementTypes.numeric)[0]
        for index in inputs.indices.dropFirst() {
            result = try self.broadcastType([result, inputs[index]])[0]
        }
        return [result]
    }
}

extension Gradient {
    /// The gradient of `Max` and `Min`: it flows to the inputs that equal the output, divided by their number.
    static var extreme: Gradient {
        .rule { (context) throws(GraphError) in
            let dy = try context.dy()
            let y = context.outputs[0]
            let type = context.type(y)
            var hits: [ValueID] = []
            for index in context.node.inputs.indices {
                let equal = try context.emit(Equal(), y, try context.input(index))
                hits.append(try context.emit(Cast(to: type.dataType), equal))
            }
            var count = hits[0]
            for hit in hits.dropFirst() { count = try context.emit(Add(), count, hit) }
            let share = try context.emit(Div(), dy, count)
            var gradients: [ValueID?] = []
            for (index, hit) in hits.enumerated() {
                gradients.append(
                    try context.broadcastGradient(index) { (context) throws(GraphError) in try context.emit(Mul(), share, hit) })
            }
            return gradients
        }
    }
}
