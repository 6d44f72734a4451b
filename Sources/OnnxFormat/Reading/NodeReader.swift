import Graph

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Turns a `NodeProto` into our spelling of it.
struct NodeReader {
    private let proto: Onnx_NodeProto
    private let name: String
    private let opset: Int

    init(_ proto: Onnx_NodeProto, index: Int, opset: Int) {
        self.proto = proto
        self.opset = opset
        let firstOutput = proto.output.first { !$0.isEmpty }
        self.name = proto.name.isEmpty ? firstOutput ?? "node \(index)" : proto.name
    }

    func read(_ tensors: inout TensorReader) throws(OnnxError) -> OnnxModel.Node {
        guard !self.proto.opType.isEmpty else { throw OnnxError(.malformed, self.name, "the node has no operator") }
        var node = OnnxModel.Node(
            name: self.name, type: self.proto.opType, domain: self.proto.domain == "ai.onnx" ? "" : self.proto.domain,
            opset: self.opset, inputs: self.proto.input, outputs: self.proto.output, attributes: [:])
        var seen: Set<String> = []
        for attribute in self.proto.attribute {
            guard !attribute.name.isEmpty, seen.insert(attribute.name).inserted else {
                throw OnnxError(.malformed, self.name, "attribute '\(attribute.name)' has no name or is given twice")
            }
            if !attribute.refAttrName.isEmpty {
                node.references[attribute.name] = attribute.refAttrName
            } else if attribute.type == .graph {
                node.subgraphs[attribute.name] = try SubgraphReader(attribute.g, opset: self.opset).read(&tensors)
            } else if attribute.type != .typeProto || self.proto.opType != "Optional" {
                // An optional without a value is the same whatever its type.
                node.attributes[attribute.name] = try self.value(attribute, &tensors)
            }
        }
        return node
    }

    /// Nil for what is not read, which is noted.
    private func value(_ attribute: Onnx_AttributeProto, _ tensors: inout TensorReader) throws(OnnxError) -> OnnxValue? {
        let place = "\(self.name).\(attribute.name)"
        switch attribute.type {
        case .int: return .int(try self.int(attribute.i, attribute))
        case .ints:
            return .ints(try attribute.ints.map { (value) throws(OnnxError) in try self.int(value, attribute) })
        case .float: return .float(attribute.f)
        case .floats: return .floats(attribute.floats)
        case .string: return .string(try self.text(attribute.s, attribute))
        case .strings:
            return .strings(try attribute.strings.map { (text) throws(OnnxError) in try self.text(text, attribute) })
        case .tensor: return try tensors.read(attribute.t, place).map { .tensor($0) }
        case .sparseTensor: return try tensors.read(attribute.sparseTensor, place).map { .tensor($0) }
        case .undefined: throw OnnxError(.malformed, self.name, "attribute \(attribute.name) has no type")
        case .graph, .graphs, .sparseTensors, .tensors, .typeProto, .typeProtos:
            tensors.unsupported.add(.attributes, "\(attribute.name) of \(self.proto.opType)", at: self.name)
            return nil
        }
    }

    private func text(_ bytes: Data, _ attribute: Onnx_AttributeProto) throws(OnnxError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw OnnxError(.malformed, self.name, "attribute \(attribute.name) is not UTF-8")
        }
        return text
    }

    /// Attributes are axes, counts and sizes; with 32 bits the type rules can add and multiply them safely.
    private func int(_ value: Int64, _ attribute: Onnx_AttributeProto) throws(OnnxError) -> Int {
        // `Constant` carries data, not sizes.
        guard Int32(exactly: value) != nil || self.proto.opType == "Constant" else {
            throw OnnxError(.node, self.name, "attribute \(attribute.name) of \(self.proto.opType) is outside 32 bits")
        }
        return Int(value)
    }
}
