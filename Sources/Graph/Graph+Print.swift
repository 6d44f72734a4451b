extension Graph: CustomStringConvertible {
    /// One line per input, parameter and node; the text that pass tests compare.
    package var description: String {
        var lines: [String] = []
        for id in self.inputs { lines.append("input \(self[id].name): \(self[id].type)") }
        for id in self.parameters { lines.append("parameter \(self[id].name): \(self[id].type)") }
        for node in self.nodes {
            let outputs = node.outputs.map { "\(self[$0].name): \(self[$0].type)" }.joined(separator: ", ")
            let inputs = node.inputs.map { $0.map { self[$0].name } ?? "_" }.joined(separator: ", ")
            lines.append("\(outputs) = \(node.op.text)(\(inputs))")
        }
        for output in self.outputs { lines.append("output \(output.name) = \(self[output.value].name)") }
        for update in self.updates { lines.append("update \(self[update.parameter].name) = \(self[update.value].name)") }
        return lines.joined(separator: "\n")
    }
}

extension Operator {
    /// Name and attributes, `Softmax[axis: 1]`.
    package var text: String {
        let attributes = Mirror(reflecting: self).children.map { "\($0.label ?? "_"): \($0.value)" }
        return attributes.isEmpty ? self.name : "\(self.name)[\(attributes.joined(separator: ", "))]"
    }
}
