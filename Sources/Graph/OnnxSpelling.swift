/// How an operator is written in an ONNX file.
package enum OnnxSpelling: Sendable {
    /// One standard node with the operator's inputs followed by `constants`.
    case node(OnnxNode)
    /// Standard operators that compute the same; gets the graph to emit into and the operator's inputs, returns its outputs.
    case lowered(@Sendable (inout Graph, [ValueID?]) throws(GraphError) -> [ValueID])
    /// Never written; the text says why.
    case none(reason: String)
}

/// A node of the default ONNX domain.
package struct OnnxNode: Sendable {
    package var type: String
    package var attributes: [(name: String, value: OnnxValue)]
    /// Inputs that ONNX wants as tensors and we keep as attributes (`Reshape`'s shape, say); nil leaves a gap.
    package var constants: [Tensor?]

    package init(_ type: String, _ attributes: [(name: String, value: OnnxValue)] = [], constants: [Tensor?] = []) {
        self.type = type
        self.attributes = attributes
        self.constants = constants
    }
}

/// The value of an ONNX attribute.
package enum OnnxValue: Sendable {
    case int(Int)
    case ints([Int])
    case float(Float)
    case floats([Float])
    case string(String)
    case strings([String])
    case tensor(Tensor)
}

/// An operator that can be read from an ONNX file.
package protocol OnnxOperator: Operator {
    /// The `op_type`s that this operator reads; usually the schema's name.
    static var onnxTypes: [String] { get }
    /// Reads the attributes; constant inputs are taken with `reader.constantInts` and no longer count as inputs.
    init(onnx reader: inout OnnxReader) throws(GraphError)
}

extension OnnxOperator {
    package static var onnxTypes: [String] { [Self.schema.name] }
}

/// The attributes and constant inputs of one ONNX node while an operator reads them.
///
/// What is read is ticked off; `unread` names attributes that nobody asked for, which is an error: an attribute that is
/// ignored is a wrong number later.
package struct OnnxReader: Sendable {
    package let type: String
    package let opset: Int
    /// Types of the inputs, nil where absent.
    package let inputs: [TensorType?]
    private let constants: [Tensor?]
    private var attributes: [String: OnnxValue]
    /// Indices of the inputs that became attributes.
    package private(set) var consumed: Set<Int> = []
    /// Number of outputs that the node names.
    package let outputCount: Int

    package init(
        type: String, opset: Int, attributes: [String: OnnxValue], inputs: [TensorType?], constants: [Tensor?], outputCount: Int
    ) {
        self.type = type
        self.opset = opset
        self.attributes = attributes
        self.inputs = inputs
        self.constants = constants
        self.outputCount = outputCount
    }

    package var unread: [String] { self.attributes.keys.sorted() }

    package mutating func int(_ name: String) throws(GraphError) -> Int? {
        switch self.attributes.removeValue(forKey: name) {
        case nil: return nil
        case .int(let value): return value
        default: throw self.wrongType(name, "an int")
        }
    }

    package mutating func ints(_ name: String) throws(GraphError) -> [Int]? {
        switch self.attributes.removeValue(forKey: name) {
        case nil: return nil
        case .ints(let values): return values
        default: throw self.wrongType(name, "ints")
        }
    }

    package mutating func float(_ name: String) throws(GraphError) -> Float? {
        switch self.attributes.removeValue(forKey: name) {
        case nil: return nil
        case .float(let value): return value
        default: throw self.wrongType(name, "a float")
        }
    }

    package mutating func string(_ name: String) throws(GraphError) -> String? {
        switch self.attributes.removeValue(forKey: name) {
        case nil: return nil
        case .string(let value): return value
        default: throw self.wrongType(name, "a string")
        }
    }

    package mutating func floats(_ name: String) throws(GraphError) -> [Float]? {
        switch self.attributes.removeValue(forKey: name) {
        case nil: return nil
        case .floats(let values): return values
        default: throw self.wrongType(name, "floats")
        }
    }

    package mutating func strings(_ name: String) throws(GraphError) -> [String]? {
        switch self.attributes.removeValue(forKey: name) {
        case nil: return nil
        case .strings(let values): return values
        default: throw self.wrongType(name, "strings")
        }
    }

    package mutating func tensor(_ name: String) throws(GraphError) -> Tensor? {
        switch self.attributes.removeValue(forKey: name) {
        case nil: return nil
        case .tensor(let value): return value
        default: throw self.wrongType(name, "a tensor")
        }
    }

    /// Takes input `index` as an attribute. Nil when the input is absent.
    ///
    /// Throws `valueNeeded` when the value is not known: the model is then run up to here, and read on with the value.
    package mutating func constant(input index: Int) throws(GraphError) -> Tensor? {
        guard let tensor = try self.value(input: index) else { return nil }
        self.consumed.insert(index)
        return tensor
    }

    /// Takes only the type of input `index`: its value is not read, and it does not become an input. Nil when absent.
    package mutating func typeAlone(input index: Int) -> TensorType? {
        guard index < self.inputs.count, let type = self.inputs[index] else { return nil }
        self.consumed.insert(index)
        return type
    }

    /// The value of input `index`, which stays an input: for operators whose output sizes depend on it. Nil when absent.
    package func value(input index: Int) throws(GraphError) -> Tensor? {
        guard index < self.inputs.count, self.inputs[index] != nil else { return nil }
        guard let tensor = self.constants[index] else {
            throw GraphError(.valueNeeded(input: index), self.type, "input \(index) must be known before shapes are")
        }
        return tensor
    }

    /// Takes an integer input as an attribute.
    package mutating func constantInts(input index: Int) throws(GraphError) -> [Int]? {
        guard let tensor = try self.constant(input: index) else { return nil }
        guard !tensor.type.dataType.isFloating, tensor.type.dataType != .bool, tensor.type.dataType != .uint64 else {
            throw GraphError(.dataType, self.type, "input \(index) must be integers, is \(tensor.type)")
        }
        let access = ElementAccess(tensor.type.dataType)
        return (0..<tensor.type.elementCount).map { Int(access.integer(tensor.rawPointer, $0)) }
    }

    private func wrongType(_ name: String, _ wanted: String) -> GraphError {
        GraphError(.attribute, self.type, "attribute \(name) must be \(wanted)")
    }
}
