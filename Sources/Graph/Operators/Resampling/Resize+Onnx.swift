extension Resize {
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
