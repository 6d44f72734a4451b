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
    package let dataType: DataType
    /// Nil when the file gives no shape.
    package let dimensions: [OnnxDimension]?

    package init(name: String, dataType: DataType, dimensions: [OnnxDimension]?) {
        self.name = name
        self.dataType = dataType
        self.dimensions = dimensions
    }

    package var description: String {
        let shape = self.dimensions.map { "[\($0.map(\.description).joined(separator: ", "))]" } ?? "[...]"
        return "\(self.name): \(self.dataType.rawValue)\(shape)"
    }
}
