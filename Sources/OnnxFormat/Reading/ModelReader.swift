import Graph

/// Checks a parsed model and turns it into an `OnnxModel`.
struct ModelReader {
    private var proto: Onnx_ModelProto
    /// Where the raw data of initializers lies in the file, by their place, when it is not in the proto.
    private let lifted: [Int: Range<Int>]
    private let path: String
    private let limits: OnnxLimits

    init(_ proto: consuming Onnx_ModelProto, _ lifted: [Int: Range<Int>], path: String, limits: OnnxLimits) {
        self.proto = proto
        self.lifted = lifted
        self.path = path
        self.limits = limits
    }

    consuming func read(directory: consuming ModelDirectory, model: OnnxModel.File) throws(OnnxError) -> OnnxModel {
        guard self.proto.hasGraph else { throw OnnxError(.malformed, self.path, "the model has no graph") }
        guard self.proto.irVersion >= 3 else {
            throw OnnxError(.unsupported, self.path, "ir_version \(self.proto.irVersion) is older than 3")
        }
        var tensors = TensorReader(directory: directory, limits: self.limits)
        if !self.proto.trainingInfo.isEmpty { tensors.unsupported.add(.parts, "training_info") }
        let opset = try self.opset(&tensors.unsupported)
        let dense = self.proto.graph.initializer
        self.proto.graph.initializer = []
        let initializers = try SubgraphReader.initializers(
            dense, self.proto.graph.sparseInitializer, &tensors, self.path, lifted: (model.contents, self.lifted))
        let graph = self.proto.graph
        let nodes = try SubgraphReader.nodes(graph.node, opset: opset, &tensors)
        let functions = try SubgraphReader.functions(self.proto.functions, opset: opset, &tensors)
        let weights = Set(initializers.map(\.name))
        let inputs = try self.ports(graph.input.filter { !weights.contains($0.name) }, &tensors.unsupported)
        let outputs = try self.ports(graph.output, &tensors.unsupported)
        let files = tensors.files.map { OnnxModel.File(path: $0.location, contents: $0.storage) }
        let result = OnnxModel(
            name: graph.name, opset: opset, irVersion: Int(self.proto.irVersion),
            producerName: self.proto.producerName, producerVersion: self.proto.producerVersion,
            modelVersion: Int(self.proto.modelVersion), metadata: try self.metadata(), inputs: inputs, outputs: outputs,
            files: [model] + files, initializers: initializers, nodes: nodes, functions: functions, limits: self.limits,
            unsupported: tensors.unsupported)
        try result.refuseRecursion()
        return result
    }

    /// The opset of the default domain. A model of foreign operators alone has none: 0.
    private func opset(_ unsupported: inout Unsupported) throws(OnnxError) -> Int {
        let isDefault = { (domain: String) in domain.isEmpty || domain == "ai.onnx" }
        let versions = self.proto.opsetImport.filter { isDefault($0.domain) }.map(\.version)
        if versions.isEmpty, !self.proto.opsetImport.isEmpty, !self.proto.graph.node.contains(where: { isDefault($0.domain) }) {
            return 0
        }
        guard let version = versions.first, versions.count == 1 else {
            throw OnnxError(.malformed, self.path, "the default domain is imported \(versions.count) times, not once")
        }
        let range = OnnxVersion.opsets
        if !range.contains(Int(version)) {
            unsupported.add(.opsets, "\(version)", at: "\(range.lowerBound) to \(range.upperBound) are")
        }
        return Int(version)
    }

    private func metadata() throws(OnnxError) -> [String: String] {
        var result: [String: String] = [:]
        for entry in self.proto.metadataProps where result.updateValue(entry.value, forKey: entry.key) != nil {
            throw OnnxError(.malformed, self.path, "metadata key \(entry.key) is given twice")
        }
        return result
    }

    private func ports(
        _ values: [Onnx_ValueInfoProto], _ unsupported: inout Unsupported
    ) throws(OnnxError) -> [OnnxPort] {
        var names: Set<String> = []
        var ports: [OnnxPort] = []
        for value in values {
            guard !value.name.isEmpty, names.insert(value.name).inserted else {
                throw OnnxError(.structure, self.path, "input or output '\(value.name)' has no name or is given twice")
            }
            if let port = try self.port(value, &unsupported) { ports.append(port) }
        }
        return ports
    }

    /// Nil for a kind of value or an element type that is not read, which is noted.
    private func port(_ value: Onnx_ValueInfoProto, _ unsupported: inout Unsupported) throws(OnnxError) -> OnnxPort? {
        guard let (tensor, kind) = value.type.tensorType(as: .tensor) else {
            unsupported.add(.parts, "inputs and outputs that are no tensors, lists or optionals of them", at: value.name)
            return nil
        }
        guard let dataType = DataType(onnxCode: Int(tensor.elemType)) else {
            unsupported.add(.elementTypes, Unsupported.elementType(tensor.elemType), at: value.name)
            return nil
        }
        guard tensor.hasShape else { return OnnxPort(name: value.name, dataType: dataType, dimensions: nil, kind: kind) }
        guard tensor.shape.dim.count <= self.limits.rank else {
            throw OnnxError(.tooLarge, value.name, "\(tensor.shape.dim.count) axes, at most \(self.limits.rank) are read")
        }
        let dimensions = try tensor.shape.dim.map { (dimension) throws(OnnxError) -> OnnxDimension in
            switch dimension.value {
            case .dimValue(let size)? where size >= 0: return .fixed(Int(size))
            case .dimValue(-1)?: return .unknown
            case .dimValue(let size)?: throw OnnxError(.malformed, value.name, "size \(size)")
            case .dimParam(let name)? where !name.isEmpty: return .symbolic(name)
            case .dimParam?, nil: return .unknown
            }
        }
        return OnnxPort(name: value.name, dataType: dataType, dimensions: dimensions, kind: kind)
    }
}

extension Onnx_TypeProto {
    /// The type of the tensors that make up a value of this type, and how they do; nil for what is not read.
    fileprivate func tensorType(as kind: OnnxPort.Kind) -> (Tensor, OnnxPort.Kind)? {
        switch (self.value, kind) {
        case (.tensorType(let tensor)?, _): (tensor, kind)
        case (.sequenceType(let list)?, .tensor): list.elemType.tensorType(as: .sequence)
        case (.optionalType(let optional)?, .tensor):
            optional.elemType.tensorType(as: .tensor).map { ($0, $1 == .tensor ? .optionalTensor : .optionalSequence) }
        default: nil
        }
    }
}
