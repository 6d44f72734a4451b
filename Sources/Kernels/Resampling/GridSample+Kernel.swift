import CKernels
package import Graph

extension GridSample: Executable {
    package static let implementations: [Implementation<GridSample>] = [
        Implementation("simd") { op, problem in
            guard problem.isFloat32, problem.outputs[0].elementCount > 0 else { return nil }
            let x = problem.input(0).shape
            let sizes = Array(x.dropFirst(2)).leading(1)
            let spec = ck_grid_sample(
                batch: x[0], channels: x[1], points: problem.outputs[0].shape.dropFirst(2).reduce(1, *), rank: x.count - 2,
                in: (sizes[0], sizes[1], sizes[2]), mode: op.mode.code, padding: op.padding.code, align_corners: op.alignCorners)
            return ClosureKernel { call in
                withUnsafePointer(to: spec) { ck_grid_sample_run($0, call.input(0), call.input(1), call.output(0)) }
            }
        },
        Implementation("reference") { op, problem in
            let reference = GridSampleReference(op, problem)
            return ClosureKernel { call in reference.run(call) }
        },
    ]
}

extension GridSample.Mode {
    fileprivate var code: ck_grid_mode {
        switch self {
        case .nearest: CK_GRID_NEAREST
        case .linear: CK_GRID_LINEAR
        case .cubic: CK_GRID_CUBIC
        }
    }

    /// Elements along an axis that go into a result, and the distance of the first one from the place rounded down.
    fileprivate var taps: (count: Int, first: Int) {
        switch self {
        case .nearest: (1, 0)
        case .linear: (2, 0)
        case .cubic: (4, -1)
        }
    }
}

extension GridSample.Padding {
    fileprivate var code: ck_grid_padding {
        switch self {
        case .zeros: CK_GRID_ZEROS
        case .border: CK_GRID_BORDER
        case .reflection: CK_GRID_REFLECTION
        }
    }
}

/// One result at a time; places in float32, sums in double precision.
private struct GridSampleReference: Sendable {
    let op: GridSample
    let x: ElementAccess
    let grid: ElementAccess
    let shape: [Int]
    let strides: [Int]
    let points: Int

    init(_ op: GridSample, _ problem: KernelProblem) {
        self.op = op
        self.x = ElementAccess(problem.input(0).dataType)
        self.grid = ElementAccess(problem.input(1).dataType)
        self.shape = problem.input(0).shape
        self.strides = problem.input(0).strides
        self.points = problem.outputs[0].shape.dropFirst(2).reduce(1, *)
    }

    func run(_ call: KernelCall) {
        let channels = self.shape[1]
        for n in 0..<self.shape[0] {
            for c in 0..<channels {
                for point in 0..<self.points {
                    let value = self.value(call, n * self.strides[0] + c * self.strides[1], n * self.points + point)
                    self.x.store(value, call.outputBytes(0), (n * channels + c) * self.points + point)
                }
            }
        }
    }

    /// The result of one plane at one point of the grid.
    private func value(_ call: KernelCall, _ plane: Int, _ point: Int) -> Double {
        let rank = self.shape.count - 2
        let (count, _) = self.op.mode.taps
        var sum = 0.0
        for combination in 0..<(0..<rank).reduce(1, { product, _ in product * count }) {
            var (rest, weight, offset) = (combination, 1.0, plane)
            var isInside = true
            for axis in 0..<rank {
                let coordinate = Float(self.grid.double(call.bytes(1), point * rank + rank - 1 - axis))
                let tap = self.tap(rest % count, coordinate, size: self.shape[axis + 2])
                rest /= count
                weight *= tap.weight
                if let index = tap.index { offset += index * self.strides[axis + 2] } else { isInside = false }
            }
            if isInside { sum += weight * self.x.double(call.bytes(0), offset) }
        }
        return sum
    }

    /// The element that a tap reads, nil for zero, and its weight.
    private func tap(_ tap: Int, _ coordinate: Float, size: Int) -> (index: Int?, weight: Double) {
        let last = Float(size - 1)
        var place = self.op.alignCorners ? (coordinate + 1) / 2 * last : ((coordinate + 1) * Float(size) - 1) / 2
        if place.isNaN { place = self.op.padding == .zeros ? -8 : 0 }
        place = min(max(place, -0x1p30), 0x1p30)
        if self.op.mode == .nearest { place = place.rounded(.toNearestOrEven) }
        place = self.held(place, size)
        let low = place.rounded(.down)
        let (_, first) = self.op.mode.taps
        let index = self.held(low + Float(first + tap), size)
        let isInside = index >= 0 && index <= last
        return (isInside ? Int(index) : nil, self.weight(tap, Double(place - low)))
    }

    /// A place brought inside as the padding says.
    private func held(_ place: Float, _ size: Int) -> Float {
        let last = Float(size - 1)
        switch self.op.padding {
        case .zeros: return place
        case .border: return min(max(place, 0), last)
        case .reflection:
            let (low, high): (Float, Float) = self.op.alignCorners ? (0, last) : (-0.5, last + 0.5)
            guard place < low || place > high else { return place }
            guard high > low else { return low }
            let distance = place < low ? low - place : place - high
            let turns = (distance / (high - low)).rounded(.towardZero)
            let rest = distance - turns * (high - low)
            let isEven = turns.truncatingRemainder(dividingBy: 2) == 0
            return (place < low) == isEven ? low + rest : high - rest
        }
    }

    private func weight(_ tap: Int, _ rest: Double) -> Double {
        let a = -0.75
        switch self.op.mode {
        case .nearest: return 1
        case .linear: return tap == 0 ? 1 - rest : rest
        case .cubic:
            let t = abs(rest - Double(tap - 1))
            return t <= 1 ? ((a + 2) * t - (a + 3)) * t * t + 1 : ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
        }
    }
}
