package import Graph

/// One size of a model's input or output, as the file says it.
package enum OnnxDimension: Sendable, Hashable, CustomStringConvertible {
    case fixed(Int)
    /// A size that is the same everywhere under one name, `batch_size` say.
    case symbolic(String)
    case unknown

    package var description: String {
        switch self {
        case .fixed(let size): String(size)
        case .symbolic(let name): name
        case .unknown: "?"
        }
    }
}

/// An input or output of a model, as the file declares it.
package struct OnnxPort: Sendable, Hashable, CustomStringConvertible {
    package let name: String
    /// Of a sequence its elements'.
    package let dataType: DataType
    /// Nil when the file gives no shape.
    package let dimensions: [OnnxDimension]?
    package let kind: Kind

    /// What a port carries. A run gives and gets tensors by name: the elements of a sequence `x` are `x[0]`, `x[1]` and so
    /// on, and an optional without a value is not there.
    package enum Kind: Sendable, Hashable {
        case tensor
        case sequence
        case optionalTensor
        case optionalSequence
    }

    package init(name: String, dataType: DataType, dimensions: [OnnxDimension]?, kind: Kind = .tensor) {
        self.name = name
        self.dataType = dataType
        self.dimensions = dimensions
        self.kind = kind
    }

    /// The name under which a run knows element `index` of a sequence.
    package func elementName(_ index: Int) -> String { "\(self.name)[\(index)]" }

    /// The names of the tensors of this port among those of a run: of a sequence those in order, without gaps.
    package func names(among given: Set<String>) -> [String] {
        switch self.kind {
        case .tensor: return [self.name]
        case .optionalTensor: return given.contains(self.name) ? [self.name] : []
        case .sequence, .optionalSequence:
            let count = (0..<given.count).first { !given.contains(self.elementName($0)) } ?? given.count
            return (0..<count).map(self.elementName)
        }
    }

    package var description: String {
        let shape = self.dimensions.map { "[\($0.map(\.description).joined(separator: ", "))]" } ?? "[...]"
        let text = "\(self.name): \(self.dataType.rawValue)\(shape)"
        switch self.kind {
        case .tensor: return text
        case .sequence: return "\(text)..."
        case .optionalTensor: return "\(text)?"
        case .optionalSequence: return "\(text)...?"
        }
    }
}
