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
        let initializers = try Self.initializers(self.proto.initializer, self.proto.sparseInitializer, &tensors, self.proto.name)
        let weights = Set(initializers.map(\.name))
        return OnnxModel.Subgraph(
            inputs: self.proto.input.map(\.name).filter { !weights.contains($0) }, outputs: self.proto.output.map(\.name),
            initializers: initializers, nodes: try Self.nodes(self.proto.node, opset: self.opset, &tensors))
    }

    /// Dense and sparse weights of a graph by name, in the file's order.
    ///
    /// - Parameter lifted: a file, and where in it the raw data of some initializers lies, by their place.
    static func initializers(
        _ dense: [Onnx_TensorProto], _ sparse: [Onnx_SparseTensorProto], _ tensors: inout TensorReader, _ graph: String,
        lifted: (file: TensorStorage, ranges: [Int: Range<Int>])? = nil
    ) throws(OnnxError) -> [(name: String, tensor: Tensor)] {
        var result: [(name: String, tensor: Tensor)] = []
        result.reserveCapacity(dense.count + sparse.count)
        for (index, proto) in dense.enumerated() {
            guard !proto.name.isEmpty else { throw OnnxError(.malformed, graph, "an initializer has no name") }
            let raw = lifted.flatMap { place in place.ranges[index].map { (file: place.file, range: $0) } }
            if let tensor = try tensors.read(proto, proto.name, raw: raw) { result.append((proto.name, tensor)) }
        }
        for proto in sparse {
            guard !proto.values.name.isEmpty else { throw OnnxError(.malformed, graph, "a sparse initializer has no name") }
            if let tensor = try tensors.read(proto, proto.values.name) { result.append((proto.values.name, tensor)) }
        }
        return result
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
            if let own, !OnnxVersion.opsets.contains(own) { tensors.unsupported.add(.opsets, "\(own)", at: type) }
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
