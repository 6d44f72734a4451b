/// The spatial axes of an image-like tensor at other sizes.
///
/// x: [N, C, spatial...] or [N, spatial..., C] as `layout` says, one to three spatial axes. `nearest` copies elements of any
/// type; `linear` and `cubic` interpolate floats along every axis, so they are bilinear and bicubic on images, trilinear on
/// volumes. ONNX `Resize` 19 on spatial axes; `ResizeNode` reads it on any.
///
/// PyTorch's `interpolate`: `bilinear` and `trilinear` are `linear` with `halfPixel` or `alignCorners`, `nearest` is
/// `asymmetric` with `floor`, `nearest-exact` is `halfPixel` with `roundPreferCeil`.
package struct Resize: Operator {
    package static let schema = OperatorSchema("Resize", inputs: ["x"])

    package enum Mode: String, Sendable, Hashable {
        case nearest
        case linear
        case cubic
    }

    /// Which element `nearest` takes for a place between two.
    package enum Rounding: String, Sendable, Hashable {
        case roundPreferFloor = "round_prefer_floor"
        case roundPreferCeil = "round_prefer_ceil"
        case floor
        case ceil
    }

    /// Where output element i lies along an input axis of n elements, m of them in the output.
    package enum Coordinates: String, Sendable, Hashable {
        /// `(i + 0.5) / scale - 0.5`
        case halfPixel = "half_pixel"
        /// As `halfPixel`, but 0 when m is 1.
        case pytorchHalfPixel = "pytorch_half_pixel"
        /// `i (n - 1) / (m - 1)`; 0 when m is 1.
        case alignCorners = "align_corners"
        /// `i / scale`
        case asymmetric
        /// As `halfPixel`, but centred: what scale and rounded size disagree about is cut at both ends.
        case halfPixelSymmetric = "half_pixel_symmetric"
        /// `alignCorners` within a part of the input; see `Crop`.
        case crop = "tf_crop_and_resize"
    }

    /// The output's spatial sizes, or what the input's are multiplied by (and then rounded down).
    package enum Target: Sendable, Hashable {
        case sizes([Int])
        case scales([Float])
        /// The sizes with the input's proportions that lie within these (or around them), rounded to the nearest.
        case proportional([Int], isWithin: Bool)
    }

    /// How elements around a place are weighed; concerns `linear` and `cubic` only.
    package struct Filter: Sendable, Hashable {
        /// The free coefficient of cubic interpolation.
        package var cubicCoefficient: Float = -0.75
        /// Places outside the input have no weight, instead of the outermost element's value.
        package var excludesOutside = false
        /// Where an axis becomes smaller the weights reach as far as the elements do that vanish.
        package var antialiases = false

        package init() {}
    }

    /// The part of the input that is resized, for every spatial axis from 0 (first element) to 1 (last element).
    package struct Crop: Sendable, Hashable {
        package var starts: [Float]
        package var ends: [Float]
        /// The result where a place lies outside the input.
        package var outside: Float

        package init(starts: [Float], ends: [Float], outside: Float) {
            self.starts = starts
            self.ends = ends
            self.outside = outside
        }
    }

    package let target: Target
    package let mode: Mode
    package let coordinates: Coordinates
    /// Concerns `nearest` only.
    package let rounding: Rounding
    package let filter: Filter
    /// Present where the coordinates are `crop`.
    package let crop: Crop?
    package let layout: ChannelLayout

    package init(
        _ target: Target, mode: Mode = .linear, coordinates: Coordinates = .halfPixel, rounding: Rounding = .roundPreferFloor,
        filter: Filter = Filter(), crop: Crop? = nil, layout: ChannelLayout = .first
    ) {
        self.target = target
        self.mode = mode
        self.coordinates = coordinates
        self.rounding = rounding
        self.filter = filter
        self.crop = crop
        self.layout = layout
    }

    /// The output's spatial sizes for these of the input.
    package func sizes(of input: [Int]) throws(GraphError) -> [Int] {
        // Sizes may come from a file; the kernels count in 32 bits.
        let most = Int(Int32.max)
        guard input.allSatisfy({ (1...most).contains($0) }) else {
            throw GraphError(.shape, self.name, "spatial sizes \(input) must be in 1...\(most)")
        }
        let sizes: [Int]
        switch self.target {
        case .sizes(let given): sizes = given
        case .scales(let scales):
            guard scales.count == input.count else { throw self.wrongCount(scales.count, input) }
            let products = zip(input, scales).map { (Float($0) * $1).rounded(.down) }
            guard products.allSatisfy({ $0 >= 1 && $0 < Float(most) }) else {
                throw GraphError(.attribute, self.name, "scales \(scales) of sizes \(input) leave 1...\(most)")
            }
            sizes = products.map { Int($0) }
        case .proportional(let given, _):
            guard given.count == input.count else { throw self.wrongCount(given.count, input) }
            let scale = Double(self.scales(from: input, to: given)[0])
            let products = input.map { (Double($0) * scale + 0.5).rounded(.down) }
            guard products.allSatisfy({ $0 >= 1 && $0 < Double(most) }) else {
                throw GraphError(.attribute, self.name, "sizes \(given) leave nothing of \(input)")
            }
            sizes = products.map { Int($0) }
        }
        guard sizes.count == input.count else { throw self.wrongCount(sizes.count, input) }
        guard sizes.allSatisfy({ (1...most).contains($0) }) else {
            throw GraphError(.attribute, self.name, "sizes \(sizes) must be in 1...\(most)")
        }
        return sizes
    }

    private func wrongCount(_ count: Int, _ input: [Int]) -> GraphError {
        GraphError(.attribute, self.name, "\(count) sizes or scales for \(input.count) spatial axes")
    }

    /// Output elements per input element along each spatial axis, as coordinates count them.
    package func scales(from input: [Int], to output: [Int]) -> [Float] {
        switch self.target {
        case .scales(let scales): scales
        case .sizes: zip(input, output).map { Float($1) / Float($0) }
        case .proportional(let given, let isWithin):
            input.map { _ in
                let scales = zip(input, given).map { Float($1) / Float($0) }
                return (isWithin ? scales.min() : scales.max()) ?? 1
            }
        }
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let accepted = self.mode == .nearest ? ElementTypes.comparable : ElementTypes.floating
        let x = try self.unaryType(inputs, accepted)[0]
        guard (3...5).contains(x.rank) else { throw GraphError(.shape, self.name, "x is \(x), needs three to five axes") }
        let (batch, channels, spatial) = self.layout.split(x.shape)
        let sizes = try self.sizes(of: spatial)
        guard self.coordinates != .crop || [self.crop?.starts.count, self.crop?.ends.count] == [spatial.count, spatial.count]
        else { throw GraphError(.attribute, self.name, "the part to resize does not have \(spatial.count) axes") }
        return [TensorType(x.dataType, self.layout.join(batch: batch, channels: channels, spatial: sizes))]
    }

    package var gradient: Gradient {
        if self.coordinates == .crop { return .none(reason: "inference only") }
        return .rule { (context) throws(GraphError) in
            let shape = context.type(try context.input(0)).shape
            return [try context.emit(ResizeGradient(resize: self, inputShape: shape), try context.dy())]
        }
    }
}
