extension Resize {
    package init(onnx reader: inout OnnxReader) throws(GraphError) {
        let type = reader.type
        guard reader.opset >= 11 else { throw GraphError(.unsupported, type, "opset \(reader.opset); needs 11 or later") }
        guard let x = reader.inputs.first ?? nil, x.rank >= 3 else {
            throw GraphError(.shape, type, "x needs at least three axes")
        }
        let mode: Mode = try reader.choice("mode", default: .nearest)
        let coordinates: Coordinates = try reader.choice("coordinate_transformation_mode", default: .halfPixel)
        let rounding: Rounding = try reader.choice("nearest_mode", default: .roundPreferFloor)
        // Concern cubic and cropping forms only; weights outside the input do not arise where edges repeat.
        _ = try reader.float("cubic_coeff_a")
        _ = try reader.int("exclude_outside")
        _ = try reader.float("extrapolation_value")
        _ = try reader.constant(input: 1)
        guard try reader.int("antialias") ?? 0 == 0 else { throw GraphError(.unsupported, type, "antialias = 1") }
        let policy = try reader.string("keep_aspect_ratio_policy") ?? "stretch"
        guard policy == "stretch" else { throw GraphError(.unsupported, type, "keep_aspect_ratio_policy = \(policy)") }
        self.init(try Self.target(&reader, x), mode: mode, coordinates: coordinates, rounding: rounding)
    }

    /// Scales (input 2) or sizes (input 3) of the spatial axes; batch and channels must stay as they are.
    private static func target(_ reader: inout OnnxReader, _ x: TensorType) throws(GraphError) -> Target {
        let type = reader.type
        let axes = try reader.ints("axes") ?? Array(0..<x.rank)
        guard axes.allSatisfy({ $0 >= -x.rank && $0 < x.rank }), Set(axes.map { $0 < 0 ? $0 + x.rank : $0 }).count == axes.count
        else { throw GraphError(.attribute, type, "axes \(axes) of \(x)") }
        // Either may be there and empty.
        let scales = try reader.constantFloats(input: 2) ?? []
        let sizes = try reader.constantInts(input: 3) ?? []
        guard scales.isEmpty != sizes.isEmpty, max(scales.count, sizes.count) == axes.count else {
            throw GraphError(.attribute, type, "\(scales.count) scales and \(sizes.count) sizes for axes \(axes)")
        }
        var allScales = [Float](repeating: 1, count: x.rank)
        var allSizes = x.shape
        for (index, axis) in axes.enumerated() {
            let place = axis < 0 ? axis + x.rank : axis
            if sizes.isEmpty { allScales[place] = scales[index] } else { allSizes[place] = sizes[index] }
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
        return attributes
    }

    /// Sizes name their axes from opset 18 on; before they would have to name the batch's size, so scales are written.
    package func onnx(opset: Int) -> OnnxSpelling {
        guard self.layout == .first else {
            return self.layout.spelling(OnnxNode(self.name), first: self.with(layout: .first))
        }
        switch self.target {
        case .scales(let scales):
            let tensor = Tensor([1, 1] + scales, shape: [scales.count + 2])
            return .node(OnnxNode(self.name, self.onnxAttributes, constants: [nil, tensor]))
        case .sizes(let sizes) where opset >= 18:
            let axes: (name: String, value: OnnxValue) = ("axes", .ints(Array(2..<(sizes.count + 2))))
            return .node(OnnxNode(self.name, self.onnxAttributes + [axes], constants: [nil, nil, Tensor(axes: sizes)]))
        case .sizes:
            return .lowered { (graph, inputs) throws(GraphError) in
                guard let x = inputs[0] else { throw GraphError(.arity, self.name, "input 0 is absent") }
                return [try graph.apply(try self.withScales(for: graph[x].type), x)]
            }
        }
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
            .scales(scales), mode: self.mode, coordinates: self.coordinates, rounding: self.rounding, layout: self.layout)
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

    /// Takes a float32 input as an attribute.
    fileprivate mutating func constantFloats(input index: Int) throws(GraphError) -> [Float]? {
        guard let tensor = try self.constant(input: index) else { return nil }
        guard tensor.type.dataType == .float32 else {
            throw GraphError(.dataType, self.type, "input \(index) must be float32, is \(tensor.type)")
        }
        return tensor.array(of: Float.self)
    }
}
