/// Reads a network's maps at the places of a picture's pixels: bilinear, pixel centres at halves, in the part of the picture that
/// the network saw.
struct MapSampler {
    /// The picture's columns and rows that the network saw.
    let columns: Range<Int>
    let rows: Range<Int>
    private let seen: SegmentationTask.View
    private let mapHeight: Int
    private let mapWidth: Int
    private let across: Interpolation
    private let down: Interpolation

    /// - Parameters:
    ///   - mapHeight: of the network's maps, as `mapWidth`.
    ///   - seen: that part of the picture; may reach beyond its edges.
    ///   - width: of the picture in pixels, as `height`.
    init(mapHeight: Int, mapWidth: Int, seen: SegmentationTask.View, width: Int, height: Int) {
        self.seen = seen
        self.mapHeight = mapHeight
        self.mapWidth = mapWidth
        self.columns = max(seen.x, 0)..<max(min(seen.x + seen.width, width), max(seen.x, 0))
        self.rows = max(seen.y, 0)..<max(min(seen.y + seen.height, height), max(seen.y, 0))
        self.across = Interpolation(from: mapWidth, to: seen.width)
        self.down = Interpolation(from: mapHeight, to: seen.height)
    }

    /// Visits the values of a map in one row of the picture, `y` of `rows`, from left to right: the column and the value.
    /// - Parameters:
    ///   - maps: `[maps, mapHeight, mapWidth]`.
    ///   - index: of the map.
    func forEach(_ maps: [Float], _ index: Int, y: Int, _ body: (_ x: Int, _ value: Float) -> Void) {
        let (top, bottom, v) = self.down[y - self.seen.y]
        let first = index * self.mapHeight * self.mapWidth
        let (above, below) = (first + top * self.mapWidth, first + bottom * self.mapWidth)
        for x in self.columns {
            let (left, right, u) = self.across[x - self.seen.x]
            let upper = maps[above + left] * (1 - u) + maps[above + right] * u
            let lower = maps[below + left] * (1 - u) + maps[below + right] * u
            body(x, upper * (1 - v) + lower * v)
        }
    }
}

/// Where each of `to` places lies between the `from` of a row.
private struct Interpolation {
    private let places: [(low: Int, high: Int, weight: Float)]

    init(from: Int, to: Int) {
        let step = Float(from) / Float(max(to, 1))
        self.places = (0..<to).map { index in
            let position = max((Float(index) + 0.5) * step - 0.5, 0)
            let low = min(Int(position), from - 1)
            return (low, min(low + 1, from - 1), position - Float(low))
        }
    }

    subscript(_ index: Int) -> (Int, Int, Float) { self.places[index] }
}
