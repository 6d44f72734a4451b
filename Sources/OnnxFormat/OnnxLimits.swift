package import Graph

/// Bounds on what a model file may ask for; checked before anything is allocated.
package struct OnnxLimits: Sendable, Hashable {
    /// Bytes of the model file itself, without external data. Protobuf ends at 2 GiB.
    package var modelBytes = 0x7FFF_FFFF
    /// Messages within messages of the file. A branch or loop body within another takes three.
    package var depth = 64
    /// Attributes of all nodes in the file.
    package var attributes = 1 << 20
    /// Initializers, constants and tensors in attributes of the file.
    package var tensors = 1 << 18
    /// Names of inputs, outputs, nodes, operators and dimensions in the file, each time they are written.
    package var names = 1 << 22
    /// Bytes of one name.
    package var nameBytes = 4096
    /// Bytes that the model may take in memory beyond those of its files: for decoded messages, for tensors that a few
    /// bytes stand for, for constants that are worked out, and for the names of unrolled loops, each by itself.
    package var expandedBytes = 1 << 29
    /// Axes of one tensor.
    package var rank = 12
    /// Elements of one tensor, of any value of the graph.
    package var elements = 1 << 36
    /// Nodes of the file.
    package var nodes = 1 << 18
    /// Nodes that a graph has beyond those of the file once loops are unrolled, functions and branches put in, and operators
    /// replaced by several. About a second passes until that many are planned.
    package var unrolledNodes = 1 << 14
    /// Parts of a model that must be run one after the other to know the next one's sizes, branches or loops.
    package var stages = 1 << 10
    /// Bytes of intermediate values and scratch of one run.
    package var runBytes = 1 << 36

    package init() {}

    /// The standard limits with some of them changed.
    package init(_ change: (inout OnnxLimits) -> Void) {
        change(&self)
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
