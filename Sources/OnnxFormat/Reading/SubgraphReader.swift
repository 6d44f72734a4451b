import Graph

/// Reads the branches and bodies of control operators, and the functions of a model.
struct SubgraphReader {
    private let proto: Onnx_GraphProto
    private let opset: Int

    init(_ proto: Onnx_GraphProto, opset: Int) {
        self.proto = proto
        self.opset = opset
    }

    func read(_ tensors: inout TensorReader) throws(OnnxError) -> OnnxModel.Subgraph {
        guard self.proto.sparseInitializer.isEmpty else {
            throw OnnxError(.unsupported, self.proto.name, "sparse initializers are not read")
        }
        var initializers: [(name: String, tensor: Tensor)] = []
        for tensor in self.proto.initializer {
            guard !tensor.name.isEmpty else { throw OnnxError(.malformed, self.proto.name, "an initializer has no name") }
            initializers.append((tensor.name, try tensors.read(tensor, tensor.name)))
        }
        let weights = Set(initializers.map(\.name))
        return OnnxModel.Subgraph(
            inputs: self.proto.input.map(\.name).filter { !weights.contains($0) }, outputs: self.proto.output.map(\.name),
            initializers: initializers, nodes: try Self.nodes(self.proto.node, opset: self.opset, &tensors))
    }

    static func nodes(
        _ protos: [Onnx_NodeProto], opset: Int, _ tensors: inout TensorReader
    ) throws(OnnxError) -> [OnnxModel.Node] {
        var nodes: [OnnxModel.Node] = []
        nodes.reserveCapacity(protos.count)
        for (index, node) in protos.enumerated() {
            nodes.append(try NodeReader(node, index: index, opset: opset).read(&tensors))
        }
        return nodes
    }

    /// The functions of a model by qualified type.
    static func functions(
        _ protos: [Onnx_FunctionProto], opset: Int, _ tensors: inout TensorReader
    ) throws(OnnxError) -> [String: OnnxModel.Function] {
        var functions: [String: OnnxModel.Function] = [:]
        for proto in protos {
            let type = proto.domain.isEmpty ? proto.name : "\(proto.domain).\(proto.name)"
            let own = proto.opsetImport.first { $0.domain.isEmpty || $0.domain == "ai.onnx" }.map { Int($0.version) }
            guard own.map(OnnxVersion.opsets.contains) ?? true else {
                throw OnnxError(.unsupportedOpset, type, "opset \(own ?? 0) of a function")
            }
            var defaults = Onnx_NodeProto()
            defaults.opType = proto.name
            defaults.attribute = proto.attributeProto
            let function = OnnxModel.Function(
                inputs: proto.input, outputs: proto.output, attributes: proto.attribute,
                defaults: try NodeReader(defaults, index: 0, opset: opset).read(&tensors).attributes,
                nodes: try self.nodes(proto.node, opset: own ?? opset, &tensors))
            guard functions.updateValue(function, forKey: type) == nil else {
                throw OnnxError(.structure, type, "two functions have this name")
            }
        }
        return functions
    }
}
