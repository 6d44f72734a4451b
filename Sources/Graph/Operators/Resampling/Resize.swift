/// The spatial axes of an image-like tensor at other sizes.
///
/// x: [N, C, spatial...] or [N, spatial..., C] as `layout` says, one to three spatial axes. `nearest` copies elements of any
/// type; `linear` interpolates floats along every axis, so it is bilinear on images and trilinear on volumes. ONNX `Resize` 19
/// without cubic interpolation, antialiasing and regions of interest.
///
/// PyTorch's `interpolate`: `bilinear` and `trilinear` are `linear` with `halfPixel` or `alignCorners`, `nearest` is
/// `asymmetric` with `floor`, `nearest-exact` is `halfPixel` with `roundPreferCeil`.
package struct Resize: OnnxOperator {
    package static let schema = OperatorSchema("Resize", inputs: ["x"])

    package enum Mode: String, Sendable, Hashable {
        case nearest
        case linear
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
    }

    /// The output's spatial sizes, or what the input's are multiplied by (and then rounded down).
    package enum Target: Sendable, Hashable {
        case sizes([Int])
        case scales([Float])
    }

    package let target: Target
    package let mode: Mode
    package let coordinates: Coordinates
    /// Concerns `nearest` only.
    package let rounding: Rounding
    package let layout: ChannelLayout

    package init(
        _ target: Target, mode: Mode = .linear, coordinates: Coordinates = .halfPixel, rounding: Rounding = .roundPreferFloor,
        layout: ChannelLayout = .first
    ) {
        self.target = target
        self.mode = mode
        self.coordinates = coordinates
        self.rounding = rounding
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
        }
    }

    package func outputTypes(_ inputs: [TensorType?]) throws(GraphError) -> [TensorType] {
        let accepted = self.mode == .nearest ? ElementTypes.comparable : ElementTypes.floating
        let x = try self.unaryType(inputs, accepted)[0]
        guard (3...5).contains(x.rank) else { throw GraphError(.shape, self.name, "x is \(x), needs three to five axes") }
        let (batch, channels, spatial) = self.layout.split(x.shape)
        let sizes = try self.sizes(of: spatial)
        return [TensorType(x.dataType, self.layout.join(batch: batch, channels: channels, spatial: sizes))]
    }

    package var gradient: Gradient {
        .rule { (context) throws(GraphError) in
            let shape = context.type(try context.input(0)).shape
            return [try context.emit(ResizeGradient(resize: self, inputShape: shape), try context.dy())]
        }
    }
}
