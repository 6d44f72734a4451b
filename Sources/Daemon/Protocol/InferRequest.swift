package import Graph
package import Pipelines

/// An inference request of the Open Inference Protocol v2, checked against the model before a tensor is allocated.
package struct InferRequest: Sendable {
    /// An output that the client asks for.
    package struct Output: Sendable, Hashable {
        package var name: String
        /// As bytes behind the JSON, not in it.
        package var isBinary: Bool

        package init(name: String, isBinary: Bool) {
            self.name = name
            self.isBinary = isBinary
        }
    }

    /// Pictures in one request, where the model leaves the number open.
    package static let largestBatch = 64

    package let id: String?
    package let inputs: [String: Tensor]
    package let outputs: [Output]

    /// - Parameters:
    ///   - body: JSON, then the bytes of binary inputs in the order of the inputs.
    ///   - headerLength: `Inference-Header-Content-Length`, the length of the JSON; nil when there are no binary inputs.
    package init(
        body: [UInt8], headerLength: String?, inputs ports: [ModelPort], outputs outputPorts: [ModelPort]
    ) throws(DaemonError) {
        var header = body[...]
        var binary = body[body.endIndex...]
        if let headerLength {
            guard let length = Int(headerLength), (0...body.count).contains(length) else {
                throw DaemonError(.invalid, "header Inference-Header-Content-Length", "is not a length within the body")
            }
            header = body[..<length]
            binary = body[length...]
        }
        let root = try JSONReader.read(header)
        guard case .object = root else { throw DaemonError(.invalid, "JSON", "must be an object") }
        if let id = root["id"] {
            guard let text = id.string, text.utf8.count <= 256 else {
                throw DaemonError(.invalid, "id", "must be a text of at most 256 bytes")
            }
            self.id = text
        } else {
            self.id = nil
        }
        self.inputs = try Self.inputs(root, &binary, ports)
        guard binary.isEmpty else { throw DaemonError(.invalid, "body", "has \(binary.count) bytes more than the inputs take") }
        self.outputs = try Self.outputs(root, outputPorts)
    }

    private static func inputs(
        _ root: JSONNode, _ binary: inout ArraySlice<UInt8>, _ ports: [ModelPort]
    ) throws(DaemonError) -> [String: Tensor] {
        guard case .array(let nodes) = root["inputs"] else {
            throw DaemonError(.invalid, "inputs", "must be an array of objects")
        }
        var tensors: [String: Tensor] = [:]
        for node in nodes {
            let name = node["name"]?.string ?? ""
            guard let port = ports.first(where: { $0.name == name }) else {
                throw DaemonError(.invalid, "inputs", "has a name that is no input; inputs are \(ports.map(\.name))")
            }
            let tensor = try self.tensor(node, port, &binary)
            guard tensors.updateValue(tensor, forKey: name) == nil else {
                throw DaemonError(.invalid, "input \(name)", "occurs twice")
            }
        }
        if let missing = ports.first(where: { tensors[$0.name] == nil }) {
            throw DaemonError(.invalid, "input \(missing.name)", "is missing")
        }
        return tensors
    }

    private static func tensor(
        _ node: JSONNode, _ port: ModelPort, _ binary: inout ArraySlice<UInt8>
    ) throws(DaemonError) -> Tensor {
        let subject = "input \(port.name)"
        let type = try self.type(node, port)
        guard
            let byteCount = TensorType.checkedElementCount(type.shape, byteCount: type.dataType.byteCount).map({
                $0 * type.dataType.byteCount
            })
        else { throw DaemonError(.invalid, subject, "has a shape that is too large") }
        let parameters = node["parameters"]
        if parameters?["shared_memory_region"] != nil {
            throw DaemonError(.unsupported, subject, "shared memory is not offered")
        }
        if let size = parameters?["binary_data_size"] {
            guard size.integer == Int64(byteCount) else {
                throw DaemonError(.invalid, subject, "binary_data_size must be \(byteCount) for this shape")
            }
            guard node["data"] == nil else { throw DaemonError(.invalid, subject, "has both data and binary data") }
            guard binary.count >= byteCount else {
                throw DaemonError(.invalid, subject, "needs \(byteCount) bytes, the body has \(binary.count) left")
            }
            let bytes = binary.prefix(byteCount)
            binary = binary.dropFirst(byteCount)
            if type.dataType == .bool, !bytes.allSatisfy({ $0 <= 1 }) {
                throw DaemonError(.invalid, subject, "has a byte that is neither 0 nor 1")
            }
            return Tensor(type, wireBytes: bytes)
        }
        guard let data = node["data"] else {
            throw DaemonError(.invalid, subject, "has neither data nor parameters.binary_data_size")
        }
        guard type.dataType.isSpelledInJSON else {
            throw DaemonError(.invalid, subject, "\(type.dataType.wireName) is taken as binary data only")
        }
        let count = data.scalarCount
        guard count == byteCount / type.dataType.byteCount else {
            throw DaemonError(.invalid, subject, "has \(count) elements, its shape has \(byteCount / type.dataType.byteCount)")
        }
        guard let tensor = Tensor(type, elements: [data]) else {
            throw DaemonError(.invalid, subject, "has an element that is no \(type.dataType.wireName)")
        }
        return tensor
    }

    private static func type(_ node: JSONNode, _ port: ModelPort) throws(DaemonError) -> TensorType {
        let subject = "input \(port.name)"
        guard node["datatype"]?.string == port.dataType.wireName else {
            throw DaemonError(.invalid, subject, "the datatype must be \(port.dataType.wireName)")
        }
        let shape: [Int]
        switch node["shape"] {
        case .integers(let sizes): shape = sizes.compactMap { (1...(1 << 40)).contains($0) ? Int($0) : nil }
        case .array(let sizes) where sizes.isEmpty: shape = []
        default: throw DaemonError(.invalid, subject, "the shape must be an array of whole numbers")
        }
        let type = TensorType(port.dataType, shape)
        guard port.accepts(type) else {
            throw DaemonError(.invalid, subject, "the shape must be \(port.wireShape), where -1 is any size from 1")
        }
        if port.shape.first == .some(nil), let batch = shape.first, batch > Self.largestBatch {
            throw DaemonError(.invalid, subject, "has a batch of \(batch); at most \(Self.largestBatch) are taken")
        }
        return type
    }

    private static func outputs(_ root: JSONNode, _ ports: [ModelPort]) throws(DaemonError) -> [Output] {
        let isBinary = root["parameters"]?["binary_data_output"]?.bool ?? false
        switch root["outputs"] {
        case nil, .some(.null), .some(.array([])):
            return ports.map { Output(name: $0.name, isBinary: isBinary) }
        case .some(.array(let nodes)):
            var outputs: [Output] = []
            for node in nodes {
                guard let name = node["name"]?.string, ports.contains(where: { $0.name == name }) else {
                    throw DaemonError(.invalid, "outputs", "has a name that is no output; outputs are \(ports.map(\.name))")
                }
                guard !outputs.contains(where: { $0.name == name }) else {
                    throw DaemonError(.invalid, "output \(name)", "occurs twice")
                }
                let parameters = node["parameters"]
                for extra in ["classification", "shared_memory_region"] where parameters?[extra] != nil {
                    throw DaemonError(.unsupported, "output \(name)", "\(extra) is not offered")
                }
                outputs.append(Output(name: name, isBinary: parameters?["binary_data"]?.bool ?? isBinary))
            }
            return outputs
        default:
            throw DaemonError(.invalid, "outputs", "must be an array of objects")
        }
    }
}

extension ModelPort {
    /// The shape as the protocol writes it: -1 for a size that a request chooses.
    var wireShape: [Int] { self.shape.map { $0 ?? -1 } }
}
