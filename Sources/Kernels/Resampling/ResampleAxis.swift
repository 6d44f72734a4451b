package import Graph

/// How the elements along one axis of a result are made: each is a weighted sum of neighbouring input elements.
package struct ResampleAxis: Sendable {
    package let inputSize: Int
    /// The first input element of each result.
    package private(set) var starts: [Int32] = []
    /// Where each result's weights begin, and where the last one's end.
    package private(set) var offsets: [Int32] = [0]
    package private(set) var weights: [Float] = []

    private init(inputSize: Int) {
        self.inputSize = inputSize
    }

    /// An axis that stays as it is.
    package init(unchanged size: Int) {
        self.init(inputSize: size)
        for index in 0..<size { self.append(start: index, [1]) }
    }

    package var outputSize: Int { self.starts.count }

    /// The first input element of a result and the weights of it and those that follow.
    package func taps(_ index: Int) -> (start: Int, weights: ArraySlice<Float>) {
        (Int(self.starts[index]), self.weights[Int(self.offsets[index])..<Int(self.offsets[index + 1])])
    }

    private mutating func append(start: Int, _ weights: [Float]) {
        self.starts.append(Int32(start))
        self.weights += weights
        self.offsets.append(Int32(self.weights.count))
    }

    /// The axis of the adjoint: what each input element gives to the results.
    package var transposed: ResampleAxis {
        var rows = [(start: Int, weights: [Float])](repeating: (0, []), count: self.inputSize)
        for output in 0..<self.outputSize {
            let (start, weights) = self.taps(output)
            for (input, weight) in zip(start..., weights) where weight != 0 {
                if rows[input].weights.isEmpty { rows[input].start = output }
                // Starts never fall, but outputs between may give no weight.
                let gap = output - rows[input].start - rows[input].weights.count
                rows[input].weights += [Float](repeating: 0, count: gap) + [weight]
            }
        }
        var result = ResampleAxis(inputSize: self.outputSize)
        for row in rows { result.append(start: row.start, row.weights) }
        return result
    }
}

extension Resize {
    /// How each spatial axis is made, for an x and a y of these shapes that the type rule has accepted. A result without any
    /// weights lies outside the part that is resized.
    package func axes(x: [Int], y: [Int]) -> [ResampleAxis] {
        let (input, output) = (self.layout.split(x).spatial, self.layout.split(y).spatial)
        let scales = self.scales(from: input, to: output)
        return input.indices.map { axis in
            let range = self.crop.map { ($0.starts[axis], $0.ends[axis]) }
            let place = ResizePlace(
                input: input[axis], output: output[axis], scale: scales[axis], coordinates: self.coordinates, crop: range)
            return ResampleAxis(inputSize: input[axis], count: output[axis]) { index in
                let x = place.of(index)
                if self.crop != nil, !(x >= 0 && x <= Float(input[axis] - 1)) { return (0, []) }
                return self.taps(at: x, of: input[axis], scale: scales[axis])
            }
        }
    }

    private func taps(at place: Float, of input: Int, scale: Float) -> (start: Int, weights: [Float]) {
        // A float holds every size only to 2^24.
        func held(_ value: Float) -> Int { min(Int(min(max(value, 0), Float(input - 1))), input - 1) }
        let isNarrow = self.filter.antialiases && scale < 1
        switch self.mode {
        case .nearest: return (held(self.rounding.round(place)), [1])
        case .linear where !isNarrow:
            guard input > 1 else { return (0, [1]) }
            let low = min(held(place), input - 2)
            let high = min(max(place - Float(low), 0), 1)
            return (low, [1 - high, high])
        case .linear: return self.filter.taps(at: place, of: input, scale: Double(scale), radius: 1) { max(1 - $0, 0) }
        case .cubic:
            let a = Double(self.filter.cubicCoefficient)
            return self.filter.taps(at: place, of: input, scale: isNarrow ? Double(scale) : 1, radius: 2) { t in
                if t <= 1 { return ((a + 2) * t - (a + 3)) * t * t + 1 }
                return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0
            }
        }
    }
}

extension Resize.Filter {
    /// The weights of the elements whose distance from a place, times the scale, is less than the radius.
    fileprivate func taps(
        at place: Float, of input: Int, scale: Double, radius: Double, _ weight: (Double) -> Double
    ) -> (start: Int, weights: [Float]) {
        let most = Float(input) * 2
        let left = Int(min(max(place, -most), most).rounded(.up)) - 1
        let reach = Int(min((radius / scale).rounded(.up), Double(2 * input + 2)))
        func held(_ index: Int) -> Int { min(max(index, 0), input - 1) }
        let start = held(left - reach + 1)
        var weights = [Double](repeating: 0, count: held(left + reach) - start + 1)
        for index in (left - reach + 1)...(left + reach) where !self.excludesOutside || index == held(index) {
            weights[held(index) - start] += weight(abs(Double(index) - Double(place)) * scale)
        }
        let sum = weights.reduce(0, +)
        let isWhole = scale == 1 && !self.excludesOutside
        return (start, weights.map { Float(isWhole || sum == 0 ? $0 : $0 / sum) })
    }
}

/// Where elements of a resized axis lie in the input. In float32 and in ONNX Runtime's order of operations, so that places
/// half-way between elements are rounded the same way there.
private struct ResizePlace {
    let input: Int
    let output: Int
    let scale: Float
    let coordinates: Resize.Coordinates
    let crop: (start: Float, end: Float)?

    /// The output's size before it is rounded.
    private var length: Float {
        let length = Float(self.input) * self.scale
        // Quotients of sizes are not exact.
        return abs(length - Float(self.output)) < 1e-3 ? Float(self.output) : length
    }

    func of(_ index: Int) -> Float {
        let i = Float(index)
        let last = Float(self.input - 1)
        if let crop = self.crop {
            if self.output == 1 { return (crop.start + crop.end) * last / 2 }
            return crop.start * last + i * (crop.end - crop.start) * last / (self.length - 1)
        }
        if self.scale == 1 { return i }
        let half = (i + 0.5) / self.scale - 0.5
        switch self.coordinates {
        case .halfPixel: return half
        case .pytorchHalfPixel: return self.output == 1 ? 0 : half
        case .alignCorners, .crop: return self.output == 1 ? 0 : i * last / (self.length - 1)
        case .asymmetric: return i / self.scale
        case .halfPixelSymmetric: return Float(self.input) / 2 * (1 - Float(self.output) / self.length) + half
        }
    }
}

extension ResampleAxis {
    fileprivate init(inputSize: Int, count: Int, _ taps: (Int) -> (start: Int, weights: [Float])) {
        self.init(inputSize: inputSize)
        for index in 0..<count {
            let (start, weights) = taps(index)
            self.append(start: start, weights)
        }
    }
}

extension Resize.Rounding {
    fileprivate func round(_ place: Float) -> Float {
        switch self {
        case .floor: return place.rounded(.down)
        case .ceil: return place.rounded(.up)
        case .roundPreferCeil: return (place - place.rounded(.down)) >= 0.5 ? place.rounded(.up) : place.rounded(.down)
        case .roundPreferFloor: return (place - place.rounded(.down)) > 0.5 ? place.rounded(.up) : place.rounded(.down)
        }
    }
}
