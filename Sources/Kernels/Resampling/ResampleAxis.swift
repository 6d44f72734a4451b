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
                // Starts never fall, so the outputs that read an element are neighbours.
                if rows[input].weights.isEmpty { rows[input].start = output }
                rows[input].weights.append(weight)
            }
        }
        var result = ResampleAxis(inputSize: self.outputSize)
        for row in rows { result.append(start: row.start, row.weights) }
        return result
    }
}

extension Resize {
    /// How each spatial axis is made, for an x and a y of these shapes that the type rule has accepted.
    package func axes(x: [Int], y: [Int]) -> [ResampleAxis] {
        let (input, output) = (self.layout.split(x).spatial, self.layout.split(y).spatial)
        let scales = self.scales(from: input, to: output)
        return input.indices.map { self.axis(from: input[$0], to: output[$0], scale: scales[$0]) }
    }

    private func axis(from input: Int, to output: Int, scale: Float) -> ResampleAxis {
        ResampleAxis(inputSize: input, count: output) { index in
            let place = self.place(index, input: input, output: output, scale: scale)
            // A float holds every size only to 2^24.
            func held(_ value: Float) -> Int { min(Int(min(max(value, 0), Float(input - 1))), input - 1) }
            switch self.mode {
            case .nearest: return (held(self.rounding.round(place)), [1])
            case .linear:
                guard input > 1 else { return (0, [1]) }
                let low = min(held(place), input - 2)
                let high = min(max(place - Float(low), 0), 1)
                return (low, [1 - high, high])
            }
        }
    }

    /// Where an output element lies in the input. In float32 and in ONNX Runtime's order of operations, so that places
    /// half-way between elements are rounded the same way there.
    private func place(_ index: Int, input: Int, output: Int, scale: Float) -> Float {
        let i = Float(index)
        if scale == 1 { return i }
        switch self.coordinates {
        case .halfPixel: return (i + 0.5) / scale - 0.5
        case .pytorchHalfPixel: return output == 1 ? 0 : (i + 0.5) / scale - 0.5
        case .alignCorners: return output == 1 ? 0 : i * Float(input - 1) / Float(output - 1)
        case .asymmetric: return i / scale
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
