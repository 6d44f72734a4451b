import Graph

extension GraphImporter {
    /// What a node stands for where no operator is needed: constants, sizes, nodes that do nothing. Nil otherwise.
    mutating func resolved(_ node: OnnxModel.Node, _ inputs: [Meaning?]) throws(GraphError) -> [Meaning]? {
        switch node.type {
        case "Constant": return [.constant(try Self.constantValue(node))]
        case "Identity":
            try Self.allow([], in: node)
            return [try Self.required(inputs, 0, node)]
        case "Dropout": return try self.dropout(node, inputs)
        case "Shape": return [.constant(try self.shape(node, inputs))]
        case "Size":
            try Self.allow([], in: node)
            let type = try self.type(node, inputs)
            return [.constant(Tensor([Int64(type.elementCount)], shape: []))]
        case "ConstantOfShape": return [try self.constantOfShape(node, inputs)]
        case "Sum", "Mean": return [try self.total(node, inputs)]
        default: return try self.folded(node, inputs).map { [.constant($0)] }
        }
    }

    static func allow(_ names: Set<String>, in node: OnnxModel.Node) throws(GraphError) {
        let unread = node.attributes.keys.filter { !names.contains($0) }.sorted()
        guard unread.isEmpty else {
            throw GraphError(.unsupported, node.type, "attributes that are not supported: \(unread.joined(separator: ", "))")
        }
    }

    static func required(_ inputs: [Meaning?], _ index: Int, _ node: OnnxModel.Node) throws(GraphError) -> Meaning {
        guard index < inputs.count, let meaning = inputs[index] else {
            throw GraphError(.arity, node.type, "input \(index) is absent")
        }
        return meaning
    }

    func type(_ node: OnnxModel.Node, _ inputs: [Meaning?]) throws(GraphError) -> TensorType {
        guard let type = self.type(of: try Self.required(inputs, 0, node)) else {
            throw GraphError(.arity, node.type, "input 0 is absent")
        }
        return type
    }

    private static func constantValue(_ node: OnnxModel.Node) throws(GraphError) -> Tensor {
        guard let (name, value) = node.attributes.first, node.attributes.count == 1, node.inputs.isEmpty else {
            throw GraphError(.attribute, node.type, "needs exactly one value and no inputs")
        }
        switch (name, value) {
        case ("value", .tensor(let tensor)), ("sparse_value", .tensor(let tensor)): return tensor
        case ("value_int", .int(let number)): return Tensor([Int64(number)], shape: [])
        case ("value_ints", .ints(let numbers)): return Tensor(numbers.map { Int64($0) }, shape: [numbers.count])
        case ("value_float", .float(let number)): return Tensor([number], shape: [])
        case ("value_floats", .floats(let numbers)): return Tensor(numbers, shape: [numbers.count])
        default: throw GraphError(.unsupported, node.type, "a value of this kind (\(name)) is not supported")
        }
    }

    /// The sum of all inputs, or their mean.
    private mutating func total(_ node: OnnxModel.Node, _ inputs: [Meaning?]) throws(GraphError) -> Meaning {
        try Self.allow([], in: node)
        var sum: ValueID?
        for (index, name) in node.inputs.enumerated() {
            let meaning = try Self.required(inputs, index, node)
            guard let value = self.value(name, meaning) else { throw GraphError(.arity, node.type, "input \(index) is absent") }
            sum = try sum.map { (sum) throws(GraphError) in try self.graph.apply(Add(), sum, value, name: node.name) } ?? value
        }
        guard let sum else { throw GraphError(.arity, node.type, "has no inputs") }
        guard node.type == "Mean", node.inputs.count > 1 else { return .value(sum) }
        let count = Tensor(scalar: Double(node.inputs.count), self.graph[sum].type.dataType)
        let divisor = self.graph.constant(count, name: "\(node.name).count")
        return .value(try self.graph.apply(Div(), sum, divisor, name: node.name))
    }

    private func shape(_ node: OnnxModel.Node, _ inputs: [Meaning?]) throws(GraphError) -> Tensor {
        try Self.allow(["start", "end"], in: node)
        let sizes = try self.type(node, inputs).shape
        func bound(_ name: String, _ standard: Int) throws(GraphError) -> Int {
            switch node.attributes[name] {
            case nil: return standard
            case .int(let value): return min(max(value < 0 ? value + sizes.count : value, 0), sizes.count)
            default: throw GraphError(.attribute, node.type, "attribute \(name) must be an int")
            }
        }
        let start = try bound("start", 0)
        let part = sizes[start..<max(start, try bound("end", sizes.count))]
        return Tensor(part.map { Int64($0) }, shape: [part.count])
    }

    /// Small ones become constants, others one element that is expanded when it is needed.
    private mutating func constantOfShape(_ node: OnnxModel.Node, _ inputs: [Meaning?]) throws(GraphError) -> Meaning {
        try Self.allow(["value"], in: node)
        guard let tensor = Self.constant(try Self.required(inputs, 0, node)) else {
            throw GraphError(.valueNeeded(input: 0), node.type, "the shape must be known")
        }
        guard let sizes = SmallTensor(tensor), let shape = sizes.ints, sizes.shape.count == 1, shape.allSatisfy({ $0 >= 0 })
        else { throw GraphError(.shape, node.type, "the shape is \(tensor.type), must be a list of sizes") }
        let element: Tensor
        switch node.attributes["value"] {
        case nil: element = Tensor([Float(0)], shape: [])
        case .tensor(let value)? where value.type.elementCount == 1:
            element = Tensor(TensorType(value.type.dataType, []), storage: value.storage, byteOffset: value.byteOffset)
        default: throw GraphError(.attribute, node.type, "value must be a tensor of one element")
        }
        let most = element.type.dataType.isFoldedFloat ? SmallTensor.mostFloats : SmallTensor.mostInts
        if let count = TensorType.checkedElementCount(shape), count <= most, let single = SmallTensor(element),
            let places = positions([], in: shape), let filled = single.picking(places, shape: shape)
        {
            try self.charge(constant: TensorType(filled.dataType, shape))
            return .constant(filled.tensor)
        }
        let value = self.graph.constant(element, name: "\(node.name).value")
        return .value(try self.append(Expand(shape), [value], name: node.name)[0])
    }

    private mutating func folded(_ node: OnnxModel.Node, _ inputs: [Meaning?]) throws(GraphError) -> Tensor? {
        guard ShapeArithmetic.types.contains(node.type), node.outputs.count == 1, !inputs.isEmpty else { return nil }
        var constants: [SmallTensor?] = []
        for input in inputs {
            guard let input else {
                constants.append(nil)
                continue
            }
            guard let tensor = Self.constant(input), let small = SmallTensor(tensor) else { return nil }
            constants.append(small)
        }
        let folded = ShapeArithmetic.FoldedNode(
            type: node.type, opset: node.opset, attributes: node.attributes, inputs: constants)
        guard let result = try ShapeArithmetic.fold(folded) else { return nil }
        try self.charge(constant: TensorType(result.dataType, result.shape))
        return result.tensor
    }
}
