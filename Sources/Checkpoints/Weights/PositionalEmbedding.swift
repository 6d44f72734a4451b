package import Graph

/// Learned position embeddings of vision transformers, moved to another grid of patches.
package enum PositionalEmbedding {
    /// Resizes the patch rows of an embedding bicubically; the class-token row 0 is kept.
    ///
    /// - Parameters:
    ///   - embedding: `[1, 1 + g·g, C]`; float16, bfloat16 and float64 are converted to float32.
    ///   - height: Rows of the new grid.
    ///   - width: Columns of the new grid.
    ///   - antialias: false is RETFound's rule (a = −0.75, as `F.interpolate(mode: bicubic)`), true is timm's
    ///     (a = −0.5 with a support that grows with the reduction). The two differ even when the grid grows.
    /// - Returns: float32 `[1, 1 + height·width, C]`; `embedding` itself where the grid is the same.
    package static func resize(
        _ embedding: Tensor, toGrid height: Int, _ width: Int, antialias: Bool
    ) throws(CheckpointError) -> Tensor {
        precondition(height > 0 && width > 0, "a grid of \(height) x \(width)")
        guard embedding.type.rank == 3, embedding.shape[0] == 1, embedding.shape[1] > 1, let source = embedding.asFloat32(),
            let side = squareRoot(embedding.shape[1] - 1)
        else {
            let message = "\(embedding.type) is not [1, 1 + g*g, channels] of floating point"
            throw CheckpointError(.mismatch, "position embedding", message)
        }
        if side == height && side == width { return source }
        let channels = embedding.shape[2]
        let rows = taps(from: side, to: height, antialias: antialias)
        let columns = taps(from: side, to: width, antialias: antialias)
        let result = Tensor(zeros: TensorType(.float32, [1, 1 + height * width, channels]))
        source.withElements(as: Float.self) { source in
            result.withElements(as: Float.self) { destination in
                for channel in 0..<channels { destination[channel] = source[channel] }
                var sums = [Double](repeating: 0, count: channels)
                for y in 0..<height {
                    for x in 0..<width {
                        accumulate(source, side: side, rows[y], columns[x], into: &sums)
                        let start = (1 + y * width + x) * channels
                        for channel in 0..<channels { destination[start + channel] = Float(sums[channel]) }
                    }
                }
            }
        }
        return result
    }

    /// Source positions along one axis and their weights.
    private typealias Taps = [(position: Int, weight: Double)]

    private static func accumulate(
        _ source: UnsafeMutableBufferPointer<Float>, side: Int, _ rows: Taps, _ columns: Taps, into sums: inout [Double]
    ) {
        let channels = sums.count
        for channel in 0..<channels { sums[channel] = 0 }
        for row in rows {
            for column in columns {
                let weight = row.weight * column.weight
                let start = (1 + row.position * side + column.position) * channels
                for channel in 0..<channels { sums[channel] += weight * Double(source[start + channel]) }
            }
        }
    }

    private static func taps(from source: Int, to target: Int, antialias: Bool) -> [Taps] {
        let scale = Double(source) / Double(target)
        return (0..<target).map { index in
            antialias ? spread(index, scale, limit: source) : four(index, scale, limit: source)
        }
    }

    /// Four neighbours; those outside the grid count for the edge.
    private static func four(_ index: Int, _ scale: Double, limit: Int) -> Taps {
        let centre = (Double(index) + 0.5) * scale - 0.5
        let left = Int(centre.rounded(.down))
        return (left - 1...left + 2).map { position in
            (min(max(position, 0), limit - 1), cubic(Double(position) - centre, sharpness: -0.75))
        }
    }

    /// All positions under a filter that is as wide as the reduction demands; weights sum to one.
    private static func spread(_ index: Int, _ scale: Double, limit: Int) -> Taps {
        let stretch = max(scale, 1)
        let centre = (Double(index) + 0.5) * scale
        let first = max(Int(centre - 2 * stretch + 0.5), 0)
        let end = min(Int(centre + 2 * stretch + 0.5), limit)
        let taps = (first..<end).map { position in
            (position, cubic((Double(position) - centre + 0.5) / stretch, sharpness: -0.5))
        }
        let total = taps.reduce(0) { $0 + $1.1 }
        return taps.map { ($0.0, $0.1 / total) }
    }

    /// The cubic convolution kernel.
    private static func cubic(_ offset: Double, sharpness a: Double) -> Double {
        let x = abs(offset)
        if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        if x < 2 { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
        return 0
    }

    /// The whole square root of a square number.
    static func squareRoot(_ number: Int) -> Int? {
        let root = Int(Double(number).squareRoot().rounded())
        return root * root == number ? root : nil
    }
}
