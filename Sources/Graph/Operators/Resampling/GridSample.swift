/// A picture or volume read at places that a grid names. ONNX `GridSample` 16 and 20.
///
/// x: [N, C, spatial...] with one to three spatial axes; grid: [N, out..., coordinates], the last spatial axis' coordinate
/// first, from -1 to 1; y: [N, C, out...].
package struct GridSample: OnnxOperator {
    package static let schema = OperatorSchema("GridSample", inputs: ["x", "grid"])

    package enum Mode: String, Sendable, Hashable {
        /// The nearest element, of two the one with an even index.
        case nearest
        case linear
        /// With coefficient -0.75.
        case cubic
    }

    /// What lies outside the input.
    package enum Padding: String, Sendable, Hashable {
        case zeros
        /// The outermost element again and again.
        case border
        /// Mirrored, at the centres of the outermost elements where those are the corners, else at their edges.
        case reflection
    }

    package let mode: Mode
    package let padding: Padding
    /// -1 and 1 are the centres of the outermost elements, else their edges.
    package let alignCorners: Bool

    package init(mode: Mode = .linear, padding: Padding = .zeros, alignCorners: Bool = false) {
        self.mode = mode
        self.padding = padding
        self.alignCorners = alignCorners
    }

    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let text = try reader.string("mode") ?? "linear"
        let name = ["bilinear": "linear", "bicubic": "cubic"][text] ?? text
        let padding = try reader.string("padding_mode") ?? "zeros"
        guard let mode = Mode(rawValue: name), let padding = Padding(rawValue: padding) else {
            throw GraphError(.attribute, reader.type, "mode = \(text), padding_mode = \(padding)")
        }
        self.init(mode: mode, padding: padding, alignCorners: try reader.int("align_corners") ?? 0 != 0)
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let x = try self.unaryType(inputs, ElementTypes.floating)[0]
        let grid = try self.type(inputs, 1)
        guard (3...5).contains(x.rank), grid.rank == x.rank, grid.shape[0] == x.shape[0],
            grid.shape[grid.rank - 1] == x.rank - 2, ElementTypes.floating.contains(grid.dataType)
        else { throw GraphError(.shape, self.name, "x is \(x), grid is \(grid)") }
        // The kernels count places in 32 bits.
        guard x.shape.dropFirst(2).allSatisfy({ (1...(1 << 24)).contains($0) }) else {
            throw GraphError(.shape, self.name, "spatial sizes of \(x) must be in 1...2^24")
        }
        let shape = Array(x.shape.prefix(2)) + grid.shape.dropFirst().dropLast()
        guard TensorType.checkedElementCount(shape, byteCount: 8) != nil else {
            throw GraphError(.shape, self.name, "makes \(shape)")
        }
        return [TensorType(x.dataType, shape)]
    }

    package var gradient: Gradient { .none(reason: "inference only") }

    package func onnx(opset: Int) -> OnnxSpelling {
        guard opset >= 16 else { return .none(reason: "GridSample exists from opset 16 on") }
        let older = [Mode.linear: "bilinear", Mode.cubic: "bicubic"]
        let mode = opset >= 20 ? self.mode.rawValue : older[self.mode] ?? self.mode.rawValue
        return .node(
            OnnxNode(
                self.name,
                [
                    ("mode", .string(mode)), ("padding_mode", .string(self.padding.rawValue)),
                    ("align_corners", .int(self.alignCorners ? 1 : 0)),
                ]))
    }
}
