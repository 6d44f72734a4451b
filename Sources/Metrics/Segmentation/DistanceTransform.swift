/// The distance between neighbouring pixels, in the unit that distances are to have: 1 and 1 for pixels, millimetres of a scan.
package struct PixelSpacing: Sendable, Hashable {
    package let row: Double
    package let column: Double

    package static let pixels = PixelSpacing()
    private static let usable = 1e-6...1e6

    private init() {
        self.row = 1
        self.column = 1
    }

    package init(row: Double, column: Double) throws(MetricError) {
        guard Self.usable.contains(row), Self.usable.contains(column) else {
            let range = "\(Self.usable.lowerBound) to \(Self.usable.upperBound)"
            throw MetricError(.setting, "spacing", "\(row) and \(column); both must be from \(range)")
        }
        self.row = row
        self.column = column
    }

    package var text: String { self == .pixels ? "1 pixel" : "\(self.row) by \(self.column)" }
}

/// The squared Euclidean distance of every pixel to the nearest marked one, infinite without marked ones: row-major
/// `[height, width]`.
///
/// Exact in a time proportional to the number of pixels, by lower envelopes of parabolas: P. Felzenszwalb and D. Huttenlocher,
/// "Distance transforms of sampled functions", Theory of Computing 8 (2012).
package func squaredDistances(to marked: [Bool], width: Int, height: Int, spacing: PixelSpacing = .pixels) -> [Double] {
    precondition(width > 0 && height > 0 && marked.count == width * height, "marks and size differ")
    var distances = rowsToMarked(marked, width: width, height: height)
    for index in distances.indices {
        let distance = distances[index] * spacing.row
        distances[index] = distance * distance
    }
    var envelope = ParabolaEnvelope(length: width, spacing: spacing.column)
    for row in 0..<height {
        envelope.minimize(&distances, from: row * width)
    }
    return distances
}

/// The distance in rows to the nearest marked pixel of the same column, infinite where the column has none.
private func rowsToMarked(_ marked: [Bool], width: Int, height: Int) -> [Double] {
    var rows = marked.map { $0 ? 0 : Double.infinity }
    for index in stride(from: width, to: rows.count, by: 1) {
        rows[index] = min(rows[index], rows[index - width] + 1)
    }
    for index in stride(from: rows.count - width - 1, through: 0, by: -1) {
        rows[index] = min(rows[index], rows[index + width] + 1)
    }
    return rows
}

/// The smallest of the parabolas height(v) + (spacing·(x − v))² at every whole x of a row.
private struct ParabolaEnvelope {
    private let length: Int
    private let scale: Double
    private var heights: [Double]
    /// Where the parabolas of the envelope have their lowest points, ascending.
    private var centers: [Int]
    /// From which x on each of them is the lowest.
    private var starts: [Double]

    init(length: Int, spacing: Double) {
        self.length = length
        self.scale = spacing * spacing
        self.heights = Array(repeating: 0, count: length)
        self.centers = Array(repeating: 0, count: length)
        self.starts = Array(repeating: 0, count: length)
    }

    /// Replaces the heights `values[offset...]` of one row by the envelope.
    mutating func minimize(_ values: inout [Double], from offset: Int) {
        for x in 0..<self.length { self.heights[x] = values[offset + x] }
        var count = 0
        for x in 0..<self.length where self.heights[x] < .infinity {
            var start = -Double.infinity
            while count > 0 {
                start = self.crossing(self.centers[count - 1], x)
                if start > self.starts[count - 1] { break }
                count -= 1
            }
            self.centers[count] = x
            self.starts[count] = count == 0 ? -.infinity : start
            count += 1
        }
        guard count > 0 else { return }
        var place = 0
        for x in 0..<self.length {
            while place + 1 < count, self.starts[place + 1] < Double(x) { place += 1 }
            let away = Double(x - self.centers[place])
            values[offset + x] = self.scale * away * away + self.heights[self.centers[place]]
        }
    }

    /// Where the parabola around `right` becomes lower than the one around `left`.
    private func crossing(_ left: Int, _ right: Int) -> Double {
        let (l, r) = (Double(left), Double(right))
        let rise = (self.heights[right] - self.heights[left]) / self.scale + r * r - l * l
        return rise / (2 * (r - l))
    }
}
