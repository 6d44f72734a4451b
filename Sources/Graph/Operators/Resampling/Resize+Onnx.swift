extension Resize {
    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let type = reader.type
        guard let x = reader.inputs.first ?? nil, x.rank >= 3 else {
            throw GraphError(.shape, type, "x needs at least three axes")
        }
        let mode: Mode = try reader.choice("mode", default: .nearest)
        guard reader.opset >= 11 else {
            let target = try Self.target(x, Array(0..<x.rank), try reader.numbers(input: 1), [], type)
            self.init(target, mode: mode, coordinates: .asymmetric, rounding: .floor)
            return
        }
        let coordinates: Coordinates = try reader.choice("coordinate_transformation_mode", default: .halfPixel)
        let rounding: Rounding = try reader.choice("nearest_mode", default: .roundPreferFloor)
        var filter = Filter()
        filter.cubicCoefficient = try reader.float("cubic_coeff_a") ?? filter.cubicCoefficient
        filter.excludesOutside = try reader.int("exclude_outside") ?? 0 != 0
        filter.antialiases = try reader.int("antialias") ?? 0 != 0
        let outside = try reader.float("extrapolation_value") ?? 0
        let policy = try reader.string("keep_aspect_ratio_policy") ?? "stretch"
        let axes = try (reader.ints("axes") ?? Array(0..<x.rank)).map { $0 < 0 ? $0 + x.rank : $0 }
        guard axes.allSatisfy({ (0..<x.rank).contains($0) }), Set(axes).count == axes.count else {
            throw GraphError(.attribute, type, "axes \(axes) of \(x)")
        }
        let part = try reader.numbers(input: 1)
        // Either may be there and empty.
        let (scales, sizes) = (try reader.numbers(input: 2), try reader.constantInts(input: 3) ?? [])
        var target = try Self.target(x, axes, scales, sizes, type)
        if policy != "stretch", case .sizes(let sizes) = target {
            guard ["not_larger", "not_smaller"].contains(policy), axes.sorted() == Array(2..<x.rank) else {
                throw GraphError(.unsupported, type, "keep_aspect_ratio_policy = \(policy) on axes \(axes)")
            }
            target = .proportional(sizes, isWithin: policy == "not_larger")
        }
        var crop: Crop?
        if coordinates == .crop {
            var (starts, ends) = ([Float](repeating: 0, count: x.rank), [Float](repeating: 1, count: x.rank))
            guard part.count == 2 * axes.count else { throw GraphError(.attribute, type, "\(part.count) numbers in roi") }
            for (index, axis) in axes.enumerated() { (starts[axis], ends[axis]) = (part[index], part[axes.count + index]) }
            guard starts.prefix(2) == [0, 0], ends.prefix(2) == [1, 1] else {
                throw GraphError(.unsupported, type, "roi cuts batch or channels")
            }
            crop = Crop(starts: Array(starts.dropFirst(2)), ends: Array(ends.dropFirst(2)), outside: outside)
        }
        self.init(target, mode: mode, coordinates: coordinates, rounding: rounding, filter: filter, crop: crop)
    }

    /// Scales or sizes of the spatial axes; batch and channels must stay as they are.
    private static func target(
        _ x: TensorType, _ axes: [Int], _ scales: [Float], _ sizes: [Int], _ type: String
    ) throws(GraphError) -> Target {
        guard scales.isEmpty != sizes.isEmpty, max(scales.count, sizes.count) == axes.count else {
            throw GraphError(.attribute, type, "\(scales.count) scales and \(sizes.count) sizes for axes \(axes)")
        }
        var allScales = [Float](repeating: 1, count: x.rank)
        var allSizes = x.shape
        for (index, axis) in axes.enumerated() {
            if sizes.isEmpty { allScales[axis] = scales[index] } else { allSizes[axis] = sizes[index] }
        }
        guard allScales.prefix(2) == [1, 1], allSizes.prefix(2) == x.shape.prefix(2) else {
            throw GraphError(.unsupported, type, "batch or channels of \(x) change")
        }
        return sizes.isEmpty ? .scales(Array(allScales.dropFirst(2))) : .sizes(Array(allSizes.dropFirst(2)))
    }

    private var onnxAttributes: [(name: String, value: OnnxValue)] {
        var attributes: [(name: String, value: OnnxValue)] = [
            ("mode", .string(self.mode.rawValue)), ("coordinate_transformation_mode", .string(self.coordinates.rawValue)),
        ]
        if self.mode == .nearest { attributes.append(("nearest_mode", .string(self.rounding.rawValue))) }
        if self.mode == .cubic { attributes.append(("cubic_coeff_a", .float(self.filter.cubicCoefficient))) }
        if self.filter.excludesOutside { attributes.append(("exclude_outside", .int(1))) }
        if self.filter.antialiases { attributes.append(("antialias", .int(1))) }
        if let crop = self.crop { attributes.append(("extrapolation_value", .float(crop.outside))) }
        return attributes
    }

    /// The first opset that has what the attributes say.
    private var firstOpset: Int {
        if self.coordinates == .halfPixelSymmetric { return 19 }
        if case .proportional = self.target { return 18 }
        return self.filter.antialiases ? 18 : 11
    }

    /// The part to resize as input `roi`, with batch and channels unless axes are named.
    private func part(namesAxes: Bool) -> Tensor? {
        guard let crop = self.crop else { return nil }
        let starts = (namesAxes ? [] : [0, 0]) + crop.starts
        let ends = (namesAxes ? [] : [1, 1]) + crop.ends
        return Tensor(starts + ends, shape: [2 * starts.count])
    }

    /// Sizes name their axes from opset 18 on; before they would have to name the batch's size, so scales are written.
    package func onnx(opset: Int) -> OnnxSpelling {
        guard opset >= self.firstOpset else { return .none(reason: "Resize is so only from opset \(self.firstOpset) on") }
        guard self.layout == .first else {
            return self.layout.spelling(OnnxNode(self.name), first: self.with(layout: .first))
        }
        switch self.target {
        case .scales(let scales):
            let tensor = Tensor([1, 1] + scales, shape: [scales.count + 2])
            return .node(OnnxNode(self.name, self.onnxAttributes, constants: [self.part(namesAxes: false), tensor]))
        case .sizes(let sizes) where opset >= 18:
            return self.spelling(sizes, [])
        case .proportional(let sizes, let isWithin):
            return self.spelling(sizes, [("keep_aspect_ratio_policy", .string(isWithin ? "not_larger" : "not_smaller"))])
        case .sizes:
            return .lowered { (graph, inputs) throws(GraphError) in
                guard let x = inputs[0] else { throw GraphError(.arity, self.name, "input 0 is absent") }
                return [try graph.apply(try self.withScales(for: graph[x].type), x)]
            }
        }
    }

    private func spelling(_ sizes: [Int], _ policy: [(name: String, value: OnnxValue)]) -> OnnxSpelling {
        let axes: (name: String, value: OnnxValue) = ("axes", .ints(Array(2..<(sizes.count + 2))))
        let constants = [self.part(namesAxes: true), nil, Tensor(axes: sizes)]
        return .node(OnnxNode(self.name, self.onnxAttributes + [axes] + policy, constants: constants))
    }

    /// The same operator by scales that give the same sizes.
    private func withScales(for x: TensorType) throws(GraphError) -> Resize {
        let input = self.layout.split(x.shape).spatial
        let output = try self.sizes(of: input)
        let scales = zip(input, output).map { input, output in
            let scale = Float(output) / Float(input)
            // The product is rounded down, by some readers without rounding it to float32 first: a quotient below the true
            // one would lose an element.
            return Double(input) * Double(scale) < Double(output) ? scale.nextUp : scale
        }
        return Resize(
            .scales(scales), mode: self.mode, coordinates: self.coordinates, rounding: self.rounding, filter: self.filter,
            crop: self.crop, layout: self.layout)
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
