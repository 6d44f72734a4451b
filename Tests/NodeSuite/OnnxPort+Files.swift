import Foundation
import Graph
import OnnxFormat

extension OnnxPort {
    /// The tensors of a file that holds a value of this port (`TensorProto`, `SequenceProto` or `OptionalProto`), under the
    /// names that a run gives them.
    func tensors(_ path: String) throws -> [String: Tensor] {
        if self.kind == .tensor { return [self.name: try OnnxFile.tensor(path).tensor] }
        var parts = [try Data(contentsOf: URL(fileURLWithPath: path))]
        // In both messages field 3 holds tensors; field 5 of an optional holds its sequence.
        let fields = self.kind == .optionalSequence ? [5, 3] : [3]
        for field in fields { parts = try parts.flatMap { try WireFields($0).bytes(of: field) } }
        let tensors = try parts.map { try OnnxFile.tensor([UInt8]($0), of: path).tensor }
        guard self.kind != .optionalTensor else { return tensors.first.map { [self.name: $0] } ?? [:] }
        return Dictionary(uniqueKeysWithValues: tensors.enumerated().map { (self.elementName($0), $1) })
    }
}

/// The fields of a protobuf message whose type is not generated.
private struct WireFields {
    private var rest: Data.SubSequence

    struct Malformed: Error {}

    init(_ message: Data) {
        self.rest = message[...]
    }

    /// The contents of every field of that number that holds bytes.
    func bytes(of number: Int) throws -> [Data] {
        var copy = self
        var result: [Data] = []
        while !copy.rest.isEmpty {
            let tag = try copy.number()
            switch tag & 7 {
            case 0: _ = try copy.number()
            case 2:
                let contents = try copy.take(try copy.number())
                if tag >> 3 == number { result.append(Data(contents)) }
            default: throw Malformed()
            }
        }
        return result
    }

    private mutating func number() throws -> Int {
        var result = 0
        for shift in stride(from: 0, to: 63, by: 7) {
            guard let byte = self.rest.popFirst() else { throw Malformed() }
            result |= Int(byte & 127) << shift
            if byte < 128 { return result }
        }
        throw Malformed()
    }

    private mutating func take(_ count: Int) throws -> Data.SubSequence {
        guard count <= self.rest.count else { throw Malformed() }
        defer { self.rest = self.rest.dropFirst(count) }
        return self.rest.prefix(count)
    }
}
