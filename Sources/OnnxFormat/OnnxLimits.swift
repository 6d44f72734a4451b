package import Graph

/// Bounds on what a model file may ask for; checked before anything is allocated.
package struct OnnxLimits: Sendable, Hashable {
    /// Bytes of the model file itself, without external data. Protobuf ends at 2 GiB.
    package var modelBytes: Int
    /// Axes of one tensor.
    package var rank: Int
    /// Elements of one tensor, of any value of the graph.
    package var elements: Int
    /// Nodes of a graph once loops are unrolled and functions and branches put in.
    package var nodes: Int

    package init(modelBytes: Int = 0x7FFF_FFFF, rank: Int = 12, elements: Int = 1 << 36, nodes: Int = 1 << 18) {
        self.modelBytes = modelBytes
        self.rank = rank
        self.elements = elements
        self.nodes = nodes
    }

    /// Throws when a tensor of this type is beyond the limits; afterwards its element and byte counts cannot overflow.
    package func check(_ type: TensorType, _ subject: String) throws(OnnxError) {
        guard type.rank <= self.rank else {
            throw OnnxError(.tooLarge, subject, "\(type.rank) axes, at most \(self.rank) are read")
        }
        guard type.shape.allSatisfy({ $0 >= 0 }) else { throw OnnxError(.malformed, subject, "negative size in \(type)") }
        let count = TensorType.checkedElementCount(type.shape.filter { $0 > 0 }, byteCount: type.dataType.byteCount)
        guard let count, count <= self.elements else {
            throw OnnxError(.tooLarge, subject, "\(type) has more than \(self.elements) elements")
        }
    }
}

/// What this module reads and writes of the standard.
package enum OnnxVersion {
    /// Opsets of the default domain that are read.
    package static let opsets = 1...25
    /// The first opset where operators broadcast without saying so.
    package static let broadcasting = 7
    /// Opsets that are written.
    package static let writtenOpsets = 13...25

    /// The oldest `ir_version` that knows the opset.
    package static func ir(opset: Int) -> Int {
        switch opset {
        case ...14: 7
        case ...18: 8
        case ...20: 9
        case ...22: 10
        case 23: 11
        case 24: 12
        default: 13
        }
    }
}
