import Graph

/// Spells a lowered graph as a `ModelProto`.
struct ModelBuilder {
    private let graph: Graph
    private let opset: Int
    private let batch: String?
    private let weights: [String: Tensor]
    private let names: ValueNames
    private var proto = Onnx_GraphProto()
    private var usedNames: Set<String>
    private(set) var layout: ExternalLayout

    init(
        _ graph: Graph, opset: Int, batch: String?, weights: [String: Tensor], location: String
    ) throws(OnnxError) {
        self.graph = graph
        self.opset = opset
        self.batch = batch
        self.weights = weights
        self.names = try ValueNames(graph)
        self.usedNames = Set(graph.values.indices.map { [names] in names[ValueID(index: $0)] })
        self.usedNames.formUnion(graph.outputs.map(\.name))
        self.layout = ExternalLayout(location: location)
    }

    mutating func build(name: String, metadata: [String: String]) throws(OnnxError) -> Onnx_ModelProto {
        self.proto.name = name
        self.proto.input = self.graph.inputs.map { self.port(self.names[$0], self.graph[$0].type) }
        self.proto.output = self.graph.outputs.map { self.port($0.name, self.graph[$0.value].type) }
        try self.addWeights()
        for node in self.graph.nodes { try self.add(node) }
        for output in self.names.aliases {
            self.proto.node.append(Self.node("Identity", "\(output.name)/Identity", [self.names[output.value]], [output.name]))
        }
        var model = Onnx_ModelProto()
        model.irVersion = Int64(OnnxVersion.ir(opset: self.opset))
        model.producerName = "dr"
        var version = Onnx_OperatorSetIdProto()
        version.domain = ""
        version.version = Int64(self.opset)
        model.opsetImport = [version]
        model.metadataProps = metadata.sorted { $0.key < $1.key }.map { ExternalLayout.entry($0.key, $0.value) }
        model.graph = self.proto
        return model
    }

    private func port(_ name: String, _ type: TensorType) -> Onnx_ValueInfoProto {
        TensorWriter.port(name, type, batch: self.batch)
    }

    private mutating func addWeights() throws(OnnxError) {
        let read = Set(self.graph.readers().keys).union(self.graph.outputs.map(\.value))
        for id in self.graph.values.indices.map(ValueID.init(index:)) where read.contains(id) {
            let value = self.graph[id]
            switch value.origin {
            case .input, .node: break
            case .constant(let tensor): self.addInitializer(self.names[id], tensor)
            case .parameter:
                guard let tensor = self.weights[value.name] else {
                    throw OnnxError(.notExportable, value.name, "no tensor is given for this parameter")
                }
                guard tensor.type == value.type else {
                    throw OnnxError(.notExportable, value.name, "the parameter is \(value.type), the tensor given \(tensor.type)")
                }
                self.addInitializer(self.names[id], tensor)
            }
        }
    }

    private mutating func addInitializer(_ name: String, _ tensor: Tensor) {
        self.proto.initializer.append(self.layout.proto(name, tensor))
    }

    private mutating func add(_ node: Node) throws(OnnxError) {
        guard case .node(let spelling) = node.op.onnx(opset: self.opset) else {
            preconditionFailure("\(node.name) is not lowered")
        }
        var inputs = node.inputs.map { $0.map { self.names[$0] } ?? "" }
        for (index, constant) in spelling.constants.enumerated() {
            guard let constant else {
                inputs.append("")
                continue
            }
            let name = self.unique("\(node.name)/constant \(index)")
            self.addInitializer(name, constant)
            inputs.append(name)
        }
        while inputs.last == "" { inputs.removeLast() }
        var proto = Self.node(spelling.type, node.name, inputs, node.outputs.map { self.names[$0] })
        proto.attribute = spelling.attributes.map { TensorWriter.attribute($0.name, $0.value) }
        self.proto.node.append(proto)
    }

    private mutating func unique(_ name: String) -> String {
        var candidate = name
        var suffix = 0
        while !self.usedNames.insert(candidate).inserted {
            suffix += 1
            candidate = "\(name)_\(suffix)"
        }
        return candidate
    }

    private static func node(_ type: String, _ name: String, _ inputs: [String], _ outputs: [String]) -> Onnx_NodeProto {
        var proto = Onnx_NodeProto()
        proto.opType = type
        proto.name = name
        proto.input = inputs
        proto.output = outputs
        return proto
    }
}
