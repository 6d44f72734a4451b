package import Graph
import OnnxFormat

/// An input or output of a loaded model.
package struct ModelPort: Sendable, Hashable {
    package let name: String
    package let dataType: DataType
    /// Nil for a size that a request chooses.
    package let shape: [Int?]

    package init(name: String, dataType: DataType, shape: [Int?]) {
        self.name = name
        self.dataType = dataType
        self.shape = shape
    }

    init(_ port: OnnxPort) {
        self.name = port.name
        self.dataType = port.dataType
        self.shape = (port.dimensions ?? []).map { dimension in
            if case .fixed(let size) = dimension { size } else { nil }
        }
    }

    /// Whether a tensor of `type` fits.
    package func accepts(_ type: TensorType) -> Bool {
        type.dataType == self.dataType && type.rank == self.shape.count
            && zip(type.shape, self.shape).allSatisfy { given, wanted in wanted == nil || given == wanted }
    }
}
