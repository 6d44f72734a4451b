import Metrics

/// Where a picture's pixels lie in eye coordinates.
struct SampleFrame {
    let width: Int
    let height: Int
    /// The field of view's radius in pixels.
    let radius: Float
    /// -1 for a left eye, whose picture is the mirror image.
    let mirror: Float

    var centerX: Float { Float(self.width) / 2 }
    var centerY: Float { Float(self.height) / 2 }

    /// The largest |y| that the frame shows.
    var verticalLimit: Float { min(1, self.centerY / self.radius) }

    /// The eye coordinates of a pixel column.
    func x(_ column: Int) -> Float { (Float(column) + 0.5 - self.centerX) / self.radius * self.mirror }

    /// The eye coordinates of a pixel row.
    func y(_ row: Int) -> Float { (Float(row) + 0.5 - self.centerY) / self.radius }

    /// Whether a pixel lies in the round field of view.
    func isSeen(_ column: Int, _ row: Int) -> Bool {
        let (x, y) = (self.x(column), self.y(row))
        return x * x + y * y < 1
    }

    /// A point of the eye in pixels.
    func pixels(_ point: SamplePoint) -> SamplePoint {
        SamplePoint(
            x: point.x * self.mirror * self.radius + self.centerX - 0.5, y: point.y * self.radius + self.centerY - 0.5)
    }

    /// The pixel columns and rows within `reach` pixels of a place, cut to the frame.
    func box(around place: SamplePoint, reach: Float) -> (columns: Range<Int>, rows: Range<Int>) {
        func span(_ center: Float, _ count: Int) -> Range<Int> {
            let limit = Float(count)
            let low = Int(min(max((center - reach).rounded(.down), 0), limit))
            let high = Int(min(max((center + reach).rounded(.up) + 1, 0), limit))
            return low..<max(low, high)
        }
        return (span(place.x, self.width), span(place.y, self.height))
    }
}

/// A colour picture in the making: planes of `Float`, about 0…1, `[3, height, width]`, and where lesions were drawn.
struct SampleCanvas {
    let frame: SampleFrame
    var planes: [Float]
    /// `[height, width]`: 1 where a lesion changed the pixel.
    var mask: [UInt8]
    /// `[height, width]`: 1 where a vessel covers the pixel.
    var vesselMask: [UInt8]

    init(frame: SampleFrame) {
        self.frame = frame
        self.planes = Array(repeating: 0, count: 3 * frame.width * frame.height)
        self.mask = Array(repeating: 0, count: frame.width * frame.height)
        self.vesselMask = self.mask
    }

    /// Calls `body` with the red, green and blue plane.
    mutating func withPlanes(
        _ body: (
            _ red: UnsafeMutablePointer<Float>, _ green: UnsafeMutablePointer<Float>, _ blue: UnsafeMutablePointer<Float>
        ) -> Void
    ) {
        let count = self.frame.width * self.frame.height
        self.planes.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            body(base, base + count, base + 2 * count)
        }
    }
}

/// Smooth noise: random values on a lattice, interpolated. One row of pixels at a time.
struct SampleNoise {
    private let cells: Int
    private let lattice: [Float]
    private let columns: [(cell: Int, share: Float)]
    private let scale: Float

    /// `cells` lattice cells across the wider side of the frame; values are in -1…1.
    init(cells: Int, frame: SampleFrame, random: inout SplitMix64) {
        let side = max(frame.width, frame.height)
        let scale = Float(cells) / Float(side)
        self.cells = cells
        self.scale = scale
        self.lattice = (0..<(cells + 2) * (cells + 2)).map { _ in Float(random.unit()) * 2 - 1 }
        self.columns = (0..<frame.width).map { column in
            let place = (Float(column) + 0.5) * scale
            let cell = min(Int(place), cells)
            let share = place - Float(cell)
            return (cell, share * share * (3 - 2 * share))
        }
    }

    /// Adds `amplitude` times the noise of a pixel row to `row`.
    func add(row number: Int, amplitude: Float, to row: UnsafeMutablePointer<Float>) {
        let place = (Float(number) + 0.5) * self.scale
        let cell = min(Int(place), self.cells)
        let linear = place - Float(cell)
        let share = linear * linear * (3 - 2 * linear)
        let stride = self.cells + 2
        self.lattice.withUnsafeBufferPointer { lattice in
            self.columns.withUnsafeBufferPointer { columns in
                guard var above = lattice.baseAddress else { return }
                above += cell * stride
                let below = above + (cell + 1 < stride ? stride : 0)
                for column in 0..<columns.count {
                    let (index, across) = columns[column]
                    let left = above[index] + share * (below[index] - above[index])
                    let right = above[index + 1] + share * (below[index + 1] - above[index + 1])
                    row[column] += amplitude * (left + across * (right - left))
                }
            }
        }
    }
}
