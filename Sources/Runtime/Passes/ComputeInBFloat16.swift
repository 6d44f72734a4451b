package import Graph

extension Pass {
    /// Multiplies in bfloat16: matrix products and convolutions with constant weights, and attention. Sums, softmax and
    /// normalisation are float32; a value becomes bfloat16 where it goes from one such operator to the next, through others
    /// that move its elements or compute element by element, in float32. The residual stream of transformers stays float32.
    ///
    /// Runs after the fusing passes. Models keep their float32 inputs and outputs.
    package static let computeInBFloat16 = Pass("computeInBFloat16") { (graph) throws(GraphError) in
        let values = BFloat16Values(graph)
        var conversions: [Conversion: ValueID] = [:]
        return try graph.rewritten { (rewriter, node) throws(GraphError) in
            var op = node.op
            var types = [DataType](repeating: .float32, count: node.inputs.count)
            let isTaken = node.outputs.allSatisfy(values.contains)
            if let role = values.role(of: node) {
                switch role.kind {
                case .chooses(let make):
                    if role.requires.allSatisfy({ values.isNarrow(node.inputs[$0]) }) {
                        op = make(isTaken ? .bfloat16 : .float32)
                        for index in role.reads where index < types.count {
                            types[index] = node.inputs[index].map(values.contains) ?? false ? .bfloat16 : .float32
                        }
                    }
                case .insists:
                    for index in role.reads { types[index] = .bfloat16 }
                case .follows:
                    if role.reads.allSatisfy({ values.isNarrow(node.inputs[$0]) }),
                        role.reads.contains(where: { node.inputs[$0].map(values.contains) ?? false })
                    {
                        for index in role.reads { types[index] = .bfloat16 }
                    }
                }
            }
            var inputs = rewriter.mapped(node.inputs)
            for (index, old) in node.inputs.enumerated() {
                guard let old, rewriter.old[old].type.dataType == .float32, let input = inputs[index] else { continue }
                inputs[index] = try rewriter.converted(input, to: types[index], &conversions)
            }
            let outputs = try rewriter.new.append(op, inputs, name: node.name)
            var results: [ValueID] = []
            for (old, output) in zip(node.outputs, outputs) {
                let isWide =
                    rewriter.new[output].type.dataType == .bfloat16 && rewriter.old[old].type.dataType == .float32
                    && !values.contains(old)
                results.append(isWide ? try rewriter.converted(output, to: .float32, &conversions) : output)
            }
            return results
        }
    }
}

private struct Conversion: Hashable {
    let value: ValueID
    let type: DataType
}

extension Rewriter {
    /// The value as that type, converted once; constants at once.
    fileprivate mutating func converted(
        _ id: ValueID, to type: DataType, _ known: inout [Conversion: ValueID]
    ) throws(GraphError) -> ValueID {
        guard self.new[id].type.dataType != type else { return id }
        let conversion = Conversion(value: id, type: type)
        if let result = known[conversion] { return result }
        let name = "\(self.new[id].name)/\(type.rawValue)"
        let result: ValueID
        if let constant = self.new[id].constant {
            result = self.new.constant(constant.converted(to: type), name: name)
        } else {
            result = try self.new.apply(Cast(to: type), id, name: name)
        }
        known[conversion] = result
        return result
    }
}

extension Tensor {
    /// The same numbers as another floating type, each rounded to the nearest.
    fileprivate func converted(to type: DataType) -> Tensor {
        let result = Tensor(zeros: TensorType(type, self.shape))
        let access = ElementAccess(type)
        for (index, value) in self.doubles.enumerated() { access.store(value, result.rawPointer, index) }
        return result
    }
}
