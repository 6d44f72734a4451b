extension Operator {
    /// The type rule of losses that are means over elements: `logits` and `targets`, float32 of one shape with elements, then
    /// optional float32 inputs that broadcast to it.
    func checkElementLoss(_ inputs: [TensorType?]) throws(GraphError) {
        let logits = try self.type(inputs, 0)
        let targets = try self.type(inputs, 1)
        guard logits.dataType == .float32, targets.dataType == .float32 else {
            throw GraphError(.dataType, self.name, "logits are \(logits), targets \(targets); both must be float32")
        }
        guard logits.shape == targets.shape, logits.elementCount > 0 else {
            throw GraphError(.shape, self.name, "logits are \(logits), targets \(targets); both need one shape with elements")
        }
        for (type, name) in zip(inputs.dropFirst(2), Self.schema.optional) {
            guard let type else { continue }
            guard type.dataType == .float32 else { throw GraphError(.dataType, self.name, "\(name) is \(type)") }
            guard try Broadcast.shape(type.shape, logits.shape, in: self.name) == logits.shape else {
                throw GraphError(.shape, self.name, "\(name) is \(type), does not broadcast to \(logits)")
            }
        }
    }

    /// Checks that inputs of a loss's gradient have the types of what the loss made.
    func checkLossValues(_ inputs: [TensorType?], _ expected: [TensorType]) throws(GraphError) {
        for (index, type) in expected.enumerated() {
            guard try self.type(inputs, index) == type else {
                throw GraphError(
                    .shape, self.name, "\(Self.schema.inputs[index]) is \(try self.type(inputs, index)), must be \(type)")
            }
        }
    }
}
