/// `Resize` as ONNX has it: any axes, of which batch and channels are two. ONNX `Resize` 19.
///
/// Axes that change and are not the spatial ones of an image-like tensor are moved to where those lie, at most three at a time.
/// Resizing weighs each axis alone, so that it does not matter in how many steps.
struct ResizeNode: OnnxComposition {
    static let onnxTypes = ["Resize"]

    /// What changes along one axis.
    private struct Change {
        let axis: Int
        let scale: Float
        let size: Int
        /// The part that is resized.
        let part: ClosedPart
    }

    private struct ClosedPart: Equatable {
        var start: Float = 0
        var end: Float = 1
    }

    private enum Target {
        case scales
        case sizes
        case proportional(isWithin: Bool)
    }

    private let changes: [Change]
    private let target: Target
    private let mode: Resize.Mode
    private let coordinates: Resize.Coordinates
    private let rounding: Resize.Rounding
    private let filter: Resize.Filter
    private let outside: Float

    /// As `Upsample` and the first `Resize` have it.
    init(scales: [Float], of x: TensorType, mode: Resize.Mode, in subject: String) throws(GraphError) {
        self.init(
            try Self.changes(x, Array(0..<x.rank), scales, [], [], subject), .scales, mode, .asymmetric, .floor,
            Resize.Filter(), outside: 0)
    }

    private init(
        _ changes: [Change], _ target: Target, _ mode: Resize.Mode, _ coordinates: Resize.Coordinates,
        _ rounding: Resize.Rounding, _ filter: Resize.Filter, outside: Float
    ) {
        self.changes = changes
        self.target = target
        self.mode = mode
        self.coordinates = coordinates
        self.rounding = rounding
        self.filter = filter
        self.outside = outside
    }

    init(onnx reader: inout OnnxReader) throws(GraphError) {
        let x = try reader.type(input: 0)
        let mode: Resize.Mode = try reader.choice("mode", default: .nearest)
        guard reader.opset >= 11 else {
            try self.init(scales: try reader.numbers(input: 1), of: x, mode: mode, in: reader.type)
            return
        }
        let coordinates: Resize.Coordinates = try reader.choice("coordinate_transformation_mode", default: .halfPixel)
        let rounding: Resize.Rounding = try reader.choice("nearest_mode", default: .roundPreferFloor)
        var filter = Resize.Filter()
        filter.cubicCoefficient = try reader.float("cubic_coeff_a") ?? filter.cubicCoefficient
        filter.excludesOutside = try reader.int("exclude_outside") ?? 0 != 0
        filter.antialiases = try reader.int("antialias") ?? 0 != 0
        let outside = try reader.float("extrapolation_value") ?? 0
        let policy = try reader.string("keep_aspect_ratio_policy") ?? "stretch"
        let axes = try (reader.ints("axes") ?? Array(0..<x.rank)).map { $0 < 0 ? $0 + x.rank : $0 }
        guard axes.allSatisfy({ (0..<x.rank).contains($0) }), Set(axes).count == axes.count else {
            throw GraphError(.attribute, reader.type, "axes \(axes) of \(x)")
        }
        let roi = try reader.numbers(input: 1)
        // Either may be there and empty.
        let (scales, sizes) = (try reader.numbers(input: 2), try reader.constantInts(input: 3) ?? [])
        let target: Target
        switch policy {
        case "stretch": target = sizes.isEmpty ? .scales : .sizes
        // It says how sizes are meant; scales are exact.
        case "not_larger", "not_smaller":
            target = sizes.isEmpty ? .scales : .proportional(isWithin: policy == "not_larger")
        default: throw GraphError(.attribute, reader.type, "keep_aspect_ratio_policy = \(policy)")
        }
        var parts: [ClosedPart] = []
        if coordinates == .crop {
            guard roi.count == 2 * axes.count else { throw GraphError(.attribute, reader.type, "\(roi.count) numbers in roi") }
            parts = axes.indices.map { ClosedPart(start: roi[$0], end: roi[axes.count + $0]) }
        }
        self.init(
            try Self.changes(x, axes, scales, sizes, parts, reader.type), target, mode, coordinates, rounding, filter,
            outside: outside)
    }

    private static func changes(
        _ x: TensorType, _ axes: [Int], _ scales: [Float], _ sizes: [Int], _ parts: [ClosedPart], _ subject: String
    ) throws(GraphError) -> [Change] {
        guard scales.isEmpty != sizes.isEmpty || x.rank == 0, max(scales.count, sizes.count) == axes.count else {
            throw GraphError(.attribute, subject, "\(scales.count) scales and \(sizes.count) sizes for axes \(axes)")
        }
        return axes.indices.map { index in
            let axis = axes[index]
            return Change(
                axis: axis, scale: scales.isEmpty ? 1 : scales[index], size: sizes.isEmpty ? x.shape[axis] : sizes[index],
                part: parts.isEmpty ? ClosedPart() : parts[index])
        }.sorted { $0.axis < $1.axis }
    }

    func emit(into graph: inout Graph, _ inputs: [ValueID?]) throws(GraphError) -> [ValueID] {
        let x = try self.input(inputs, 0)
        let shape = graph.type(x).shape
        var changes = self.changes
        if case .proportional = self.target {
            guard changes.count <= 3 else {
                throw GraphError(.unsupported, self.name, "one proportion of \(changes.count) axes")
            }
        } else {
            changes.removeAll { $0.scale == 1 && $0.size == shape[$0.axis] && $0.part == ClosedPart() }
        }
        if (3...5).contains(shape.count), changes.allSatisfy({ $0.axis >= 2 }) {
            if case .proportional = self.target, changes.map(\.axis) != Array(2..<shape.count) {
                return [try self.moved(changes, x, &graph)]
            }
            let all = (2..<shape.count).map { axis in
                changes.first { $0.axis == axis } ?? Change(axis: axis, scale: 1, size: shape[axis], part: ClosedPart())
            }
            return [try graph.apply(self.resize(all), x)]
        }
        guard !changes.isEmpty else { return [try graph.apply(Identity(), x)] }
        var y = x
        for first in stride(from: 0, to: changes.count, by: 3) {
            y = try self.moved(Array(changes[first..<min(first + 3, changes.count)]), y, &graph)
        }
        return [y]
    }

    /// Resizes up to three axes, wherever they lie.
    private func moved(_ changes: [Change], _ x: ValueID, _ graph: inout Graph) throws(GraphError) -> ValueID {
        let shape = graph.type(x).shape
        let axes = changes.map(\.axis)
        let rest = shape.indices.filter { !axes.contains($0) }
        let order = rest + axes
        let turned = try graph.transposed(x, order)
        let rows = try graph.reshaped(turned, to: [rest.reduce(1) { $0 * shape[$1] }, 1] + axes.map { shape[$0] })
        let y = try graph.apply(self.resize(changes), rows)
        let apart = try graph.reshaped(y, to: rest.map { shape[$0] } + graph.type(y).shape.dropFirst(2))
        return try graph.transposed(apart, order.indices.map { axis in order.firstIndex(of: axis) ?? axis })
    }

    private func resize(_ changes: [Change]) -> Resize {
        let target: Resize.Target =
            switch self.target {
            case .scales: .scales(changes.map(\.scale))
            case .sizes: .sizes(changes.map(\.size))
            case .proportional(let isWithin): .proportional(changes.map(\.size), isWithin: isWithin)
            }
        let crop = Resize.Crop(starts: changes.map(\.part.start), ends: changes.map(\.part.end), outside: self.outside)
        return Resize(
            target, mode: self.mode, coordinates: self.coordinates, rounding: self.rounding, filter: self.filter,
            crop: self.coordinates == .crop ? crop : nil)
    }
}

extension OnnxReader {
    /// Reads a text attribute that is one of an enumeration's.
    fileprivate mutating func choice<Choice: RawRepresentable<String>>(
        _ name: String, default standard: Choice
    ) throws(GraphError) -> Choice {
        guard let text = try self.string(name) else { return standard }
        guard let choice = Choice(rawValue: text) else { throw GraphError(.unsupported, self.type, "\(name) = \(text)") }
        return choice
    }

    /// Takes an input of floats as an attribute; none where it is absent.
    fileprivate mutating func numbers(input index: Int) throws(GraphError) -> [Float] {
        guard let tensor = try self.constant(input: index) else { return [] }
        guard tensor.type.dataType.isFloating else {
            throw GraphError(.dataType, self.type, "input \(index) must be floats, is \(tensor.type)")
        }
        return tensor.doubles.map { Float($0) }
    }
}
