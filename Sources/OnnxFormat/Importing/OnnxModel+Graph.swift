package import Graph

extension OnnxModel {
    /// The model as a graph for inputs of these sizes.
    ///
    /// Initializers become constants under their names, nodes keep theirs and their order. Arithmetic on sizes is
    /// worked out, `Identity` and inference `Dropout` vanish, constant inputs that an operator keeps as attributes are
    /// taken into it. Nothing that the result does not need is in the graph.
    ///
    /// - Parameters:
    ///   - binding: sizes of symbolic dimensions by name.
    ///   - inputs: whole shapes of inputs by name; needed for inputs whose file gives no name to a dimension.
    ///   - operators: what may occur, the operator table usually; types that are no `OnnxOperator` are passed over.
    package func graph(
        binding: [String: Int] = [:], inputs: [String: [Int]]? = nil, operators: [any Operator.Type]
    ) throws(OnnxError) -> Graph {
        let stage = try self.stage(binding: binding, inputs: inputs, operators: operators)
        guard let wanted = stage.wanted else { return stage.graph }
        throw OnnxError(.binding, wanted, "decides sizes or branches, and is only known when the model runs")
    }

    /// The first stage of the model for inputs of these sizes; parameters as for `graph`.
    package func stage(
        binding: [String: Int] = [:], inputs: [String: [Int]]? = nil, operators: [any Operator.Type]
    ) throws(OnnxError) -> OnnxStage {
        try self.refuseUnsupported(operators: operators)
        let table = OnnxTable(operators)
        var importer = GraphImporter(self, table)
        let types = try self.inputTypes(binding: binding, inputs: inputs ?? [:])
        try importer.addInputs(types, of: self.inputs)
        for (name, tensor) in self.initializers { try importer.define(initializer: name, tensor) }
        return try OnnxStage(importer, binding: binding)
    }

    /// The types of the inputs once every dimension has its size; of a sequence those of its elements that are given.
    package func inputTypes(
        binding: [String: Int], inputs: [String: [Int]] = [:]
    ) throws(OnnxError) -> [(name: String, type: TensorType)] {
        let given = Set(inputs.keys)
        var types: [(name: String, type: TensorType)] = []
        for port in self.inputs {
            for name in port.names(among: given) {
                let type = TensorType(port.dataType, try port.shape(binding: binding, given: inputs[name]))
                try self.limits.check(type, name)
                types.append((name, type))
            }
        }
        if let stranger = given.subtracting(types.map(\.name)).sorted().first {
            let names = self.inputs.map(\.name).sorted().joined(separator: ", ")
            throw OnnxError(.binding, stranger, "the model has no such input; it has \(names)")
        }
        return types
    }

    /// Throws one error that names everything in the model that cannot be computed with these operators.
    package func refuseUnsupported(operators: [any Operator.Type]) throws(OnnxError) {
        let table = OnnxTable(operators)
        var unsupported = self.unsupported
        let all = (self.nodes + self.functions.values.flatMap(\.nodes)).flatMap(\.withInnerNodes)
        for node in all where !table.isKnown(node) && self.functions[node.qualifiedType] == nil {
            unsupported.add(.operators, node.qualifiedType)
        }
        if let error = unsupported.error(self.name) { throw error }
    }
}

extension OnnxPort {
    /// The shape that a run gives, or what the file and the binding say; both must agree.
    fileprivate func shape(binding: [String: Int], given: [Int]?) throws(OnnxError) -> [Int] {
        // What files declare for the elements of a list is not what they hold.
        guard let dimensions = self.dimensions, self.kind == .tensor else {
            guard let given else { throw OnnxError(.binding, self.name, "the model gives no shape; one must be given") }
            return given
        }
        if let given, given.count != dimensions.count {
            throw OnnxError(.binding, self.name, "\(given) does not fit \(self)")
        }
        var shape: [Int] = []
        for (axis, dimension) in dimensions.enumerated() {
            let wanted: Int? =
                switch dimension {
                case .fixed(let size): size
                case .symbolic(let name): binding[name]
                case .unknown: nil
                }
            if let given, let wanted, given[axis] != wanted {
                throw OnnxError(.binding, self.name, "axis \(axis) is \(given[axis]), must be \(wanted) in \(self)")
            }
            guard let size = given?[axis] ?? wanted else {
                throw OnnxError(.binding, self.name, "axis \(axis) (\(dimension)) of \(self) has no size")
            }
            shape.append(size)
        }
        return shape
    }
}

/// Which `op_type` is read by which operator.
struct OnnxTable {
    private let readers: [String: any OnnxOperator.Type]
    private static let compositions: [String: any OnnxComposition.Type] = {
        var compositions: [String: any OnnxComposition.Type] = [:]
        for type in OnnxCompositionTable.all {
            for name in type.onnxTypes { compositions[name] = type }
        }
        return compositions
    }()
    /// Operators that the importer resolves itself.
    private static let resolved = Set([
        "Constant", "Identity", "Dropout", "Shape", "Size", "ConstantOfShape", "If", "Loop", "Scan", "SequenceMap", "Sum", "Mean",
    ]).union(GraphImporter.listOperators)
    /// Operators that mean the same since opset 1; others are read from the first opset that has broadcasting as now.
    private static let unchanged: Set<String> = ["Constant", "Identity", "Not", "Relu", "Shape", "Softplus", "Transpose"]
    private static let folded = ShapeArithmetic.types

    /// Where two operators read one type the first counts.
    init(_ operators: [any Operator.Type]) {
        var readers: [String: any OnnxOperator.Type] = [:]
        for case let type as any OnnxOperator.Type in operators {
            for name in type.onnxTypes where readers[name] == nil { readers[name] = type }
        }
        self.readers = readers
    }

    subscript(_ type: String) -> (any OnnxOperator.Type)? { self.readers[type] }

    /// What is read as other operators.
    subscript(composition type: String) -> (any OnnxComposition.Type)? { Self.compositions[type] }

    func isKnown(_ node: OnnxModel.Node) -> Bool {
        node.domain.isEmpty && (node.opset >= OnnxVersion.broadcasting || Self.unchanged.contains(node.type))
            && (self.readers[node.type] != nil || Self.compositions[node.type] != nil || Self.resolved.contains(node.type)
                || Self.folded.contains(node.type))
    }
}
