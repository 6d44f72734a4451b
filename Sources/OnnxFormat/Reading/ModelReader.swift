import Graph

/// Checks a parsed model and turns it into an `OnnxModel`.
struct ModelReader {
    private var proto: Onnx_ModelProto
    private let path: String
    private let limits: OnnxLimits

    init(_ proto: consuming Onnx_ModelProto, path: String, limits: OnnxLimits) {
        self.proto = proto
        self.path = path
        self.limits = limits
    }

    consuming func read(directory: consuming ModelDirectory, model: OnnxModel.File) throws(OnnxError) -> OnnxModel {
        try self.refuseUnsupported()
        var tensors = TensorReader(directory: directory, limits: self.limits)
        let initializers = try self.takeInitializers(&tensors)
        let graph = self.proto.graph
        let opset = try self.opset()
        let nodes = try SubgraphReader.nodes(graph.node, opset: opset, &tensors)
        let functions = try SubgraphReader.functions(self.proto.functions, opset: opset, &tensors)
        let weights = Set(initializers.map(\.name))
        let files = tensors.files.map { OnnxModel.File(path: $0.location, contents: $0.storage) }
        return OnnxModel(
            name: graph.name, opset: opset, irVersion: Int(self.proto.irVersion),
            producerName: self.proto.producerName, producerVersion: self.proto.producerVersion,
            modelVersion: Int(self.proto.modelVersion), metadata: try self.metadata(),
            inputs: try self.ports(graph.input.filter { !weights.contains($0.name) }),
            outputs: try self.ports(graph.output), files: [model] + files, initializers: initializers, nodes: nodes,
            functions: functions, limits: self.limits)
    }

    /// Each proto is given up once its tensor is read, so that weights inside the model file are not held twice.
    private mutating func takeInitializers(_ tensors: inout TensorReader) throws(OnnxError) -> [(name: String, tensor: Tensor)] {
        var pending = Array(self.proto.graph.initializer.reversed())
        self.proto.graph.initializer = []
        var result: [(name: String, tensor: Tensor)] = []
        result.reserveCapacity(pending.count)
        while let tensor = pending.popLast() {
            guard !tensor.name.isEmpty else { throw OnnxError(.malformed, self.path, "an initializer has no name") }
            result.append((tensor.name, try tensors.read(tensor, tensor.name)))
        }
        return result
    }

    /// What can carry tensors or code past the checks is refused as a whole.
    private func refuseUnsupported() throws(OnnxError) {
        guard self.proto.hasGraph else { throw OnnxError(.malformed, self.path, "the model has no graph") }
        guard self.proto.irVersion >= 3 else {
            throw OnnxError(.unsupported, self.path, "ir_version \(self.proto.irVersion) is older than 3")
        }
        guard self.proto.trainingInfo.isEmpty else { throw OnnxError(.unsupported, self.path, "training_info is not read") }
        guard self.proto.graph.sparseInitializer.isEmpty else {
            throw OnnxError(.unsupported, self.path, "sparse initializers are not read")
        }
    }

    private func opset() throws(OnnxError) -> Int {
        let versions = self.proto.opsetImport.filter { $0.domain.isEmpty || $0.domain == "ai.onnx" }.map(\.version)
        guard let version = versions.first, versions.count == 1 else {
            throw OnnxError(.malformed, self.path, "the default domain is imported \(versions.count) times, not once")
        }
        guard OnnxVersion.opsets.contains(Int(version)) else {
            let range = OnnxVersion.opsets
            throw OnnxError(
                .unsupportedOpset, self.path, "opset \(version); \(range.lowerBound) to \(range.upperBound) are supported")
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

    private func ports(_ values: [Onnx_ValueInfoProto]) throws(OnnxError) -> [OnnxPort] {
        var names: Set<String> = []
        return try values.map { (value) throws(OnnxError) in
            guard !value.name.isEmpty, names.insert(value.name).inserted else {
                throw OnnxError(.structure, self.path, "input or output '\(value.name)' has no name or is given twice")
            }
            return try self.port(value)
        }
    }

    private func port(_ value: Onnx_ValueInfoProto) throws(OnnxError) -> OnnxPort {
        guard let (tensor, kind) = value.type.tensorType(as: .tensor) else {
            throw OnnxError(.unsupported, value.name, "only dense tensors, lists and optionals of them can be inputs and outputs")
        }
        guard let dataType = DataType(onnxCode: Int(tensor.elemType)) else {
            throw OnnxError(.unsupported, value.name, "element type \(tensor.elemType) is not read")
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

/// `Foo × 3, Bar × 1`, sorted by name.
func countedNames(_ names: [String]) -> String {
    let counts = names.reduce(into: [:]) { (counts: inout [String: Int], name) in counts[name, default: 0] += 1 }
    return counts.sorted { $0.key < $1.key }.map { "\($0.key) × \($0.value)" }.joined(separator: ", ")
}
