import CImaging

/// Where the round field of view of a fundus photograph lies.
///
/// 1. The picture is reduced to cells (at most 512 along the longer side) holding the mean of the brightest channel, which
///    evens out sensor noise and compression ringing in the border.
/// 2. Dark is the 1st percentile of the cells, bright the 95th; a cell is foreground above dark + 10 % of the difference, at
///    least 6. Without contrast (difference below 24), without darkness (dark above 60) or without a dark border (fewer than
///    5 % of the outermost cells are dark) there is nothing to crop.
/// 3. The largest 4-connected foreground is the field of view, so lettering and dust in the border do not count. It must fill
///    a tenth of the picture. Its box leaves out rows and columns that hold under 2 % of the fullest one.
/// 4. The square has the longer side of the box. Where the box is shorter the circle was cut by the picture's edge: cut on
///    one side, the square is laid against the other; cut on both, its centre follows from the two chords.
///
/// The result is exact to about one cell.
package struct FundusCrop: Sendable, Hashable {
    /// Left and top edge of the square in pixels; may be negative.
    package var x: Int
    package var y: Int
    package var side: Int

    /// The square around the field of view, nil when the picture has no dark border.
    package init?(of image: Image) {
        let cell = (max(image.width, image.height) + 511) / 512
        let grid = Cells(image, cell: cell)
        guard let threshold = grid.threshold, let field = grid.largestForeground(above: threshold) else { return nil }
        let (columns, rows) = (field.columns, field.rows)
        let side = max(columns.count, rows.count)
        let centreX = centre(of: columns, within: grid.width, side: side, chords: field.columnChords)
        let centreY = centre(of: rows, within: grid.height, side: side, chords: field.rowChords)
        // Twice the centre is a whole number of cells or lies between; rounding is downwards for both axes.
        self.side = min(side * cell, Image.longestSide)
        self.x = Int(((centreX - Double(side) / 2) * Double(cell)).rounded(.down))
        self.y = Int(((centreY - Double(side) / 2) * Double(cell)).rounded(.down))
    }
}

extension Image {
    /// The square around the field of view, black where it leaves the picture; the whole picture when it has no dark border.
    package func croppedToFundus() -> Image {
        guard let square = FundusCrop(of: self) else { return self }
        return self.cropped(x: square.x, y: square.y, width: square.side, height: square.side)
    }
}

/// The middle of a circle of diameter `side` whose visible extent is `range`, in cells.
private func centre(of range: Range<Int>, within limit: Int, side: Int, chords: (first: Int, last: Int)) -> Double {
    let middle = Double(range.lowerBound + range.upperBound) / 2
    let missing = side - range.count
    guard missing * 50 > side else { return middle }
    let half = Double(side) / 2
    switch (range.lowerBound == 0, range.upperBound == limit) {
    case (true, false): return Double(range.upperBound) - half
    case (false, true): return Double(range.lowerBound) + half
    default:
        // Chords a, b at distance h apart: the centre lies (b² - a²) / 8h from their middle, towards the longer one.
        let (a, b) = (Double(chords.first), Double(chords.last))
        let shift = (b * b - a * a) / (8 * Double(range.count))
        let most = Double(missing) / 2
        return middle + min(max(shift, -most), most)
    }
}

/// The reduced picture.
private struct Cells {
    let width: Int
    let height: Int
    var values: [UInt8]

    init(_ image: Image, cell: Int) {
        let width = (image.width + cell - 1) / cell
        let height = (image.height + cell - 1) / cell
        self.width = width
        self.height = height
        self.values = [UInt8](unsafeUninitializedCapacity: width * height) { buffer, count in
            image.withPixels { ci_cell_brightness($0, image.cSize, Int32(cell), buffer.baseAddress) }
            count = width * height
        }
    }

    /// The brightness above which a cell is picture, nil when there is no dark border.
    var threshold: UInt8? {
        var histogram = [Int](repeating: 0, count: 256)
        for value in self.values { histogram[Int(value)] += 1 }
        let dark = percentile(1, histogram)
        let bright = percentile(95, histogram)
        guard bright - dark >= 24, dark <= 60 else { return nil }
        let threshold = UInt8(dark + max(6, (bright - dark) / 10))
        var ring = Array(self.values.prefix(self.width)) + Array(self.values.suffix(self.width))
        for row in 0..<self.height {
            ring.append(self.values[row * self.width])
            ring.append(self.values[(row + 1) * self.width - 1])
        }
        let darkRing = ring.count { $0 <= threshold }
        return darkRing * 20 >= ring.count ? threshold : nil
    }

    private func percentile(_ percent: Int, _ histogram: [Int]) -> Int {
        var below = 0
        for (value, count) in histogram.enumerated() {
            below += count
            if below * 100 >= percent * self.values.count { return value }
        }
        return 255
    }

    /// The largest connected set of cells above the threshold, nil when it fills less than a tenth.
    func largestForeground(above threshold: UInt8) -> Field? {
        var labels = self.values.map { $0 > threshold ? Int32(0) : -1 }
        var best = (label: Int32(0), area: 0)
        var next: Int32 = 0
        for start in labels.indices where labels[start] == 0 {
            next += 1
            let area = self.fill(&labels, from: start, with: next)
            if area > best.area { best = (next, area) }
        }
        guard best.area * 10 >= self.values.count else { return nil }
        return Field(labels, label: best.label, width: self.width, height: self.height)
    }

    private func fill(_ labels: inout [Int32], from start: Int, with label: Int32) -> Int {
        var stack = [start]
        labels[start] = label
        var area = 0
        func visit(_ cell: Int) {
            guard labels[cell] == 0 else { return }
            labels[cell] = label
            stack.append(cell)
        }
        while let cell = stack.popLast() {
            area += 1
            let x = cell % self.width
            if x > 0 { visit(cell - 1) }
            if x < self.width - 1 { visit(cell + 1) }
            if cell >= self.width { visit(cell - self.width) }
            if cell < labels.count - self.width { visit(cell + self.width) }
        }
        return area
    }
}

/// The box of a connected set and the lengths of its first and last line along both axes.
private struct Field {
    var columns: Range<Int>
    var rows: Range<Int>
    var columnChords: (first: Int, last: Int)
    var rowChords: (first: Int, last: Int)

    init(_ labels: [Int32], label: Int32, width: Int, height: Int) {
        var perColumn = [Int](repeating: 0, count: width)
        var perRow = [Int](repeating: 0, count: height)
        for y in 0..<height {
            for x in 0..<width where labels[y * width + x] == label {
                perColumn[x] += 1
                perRow[y] += 1
            }
        }
        self.columns = Self.extent(perColumn)
        self.rows = Self.extent(perRow)
        self.columnChords = (perColumn[self.columns.lowerBound], perColumn[self.columns.upperBound - 1])
        self.rowChords = (perRow[self.rows.lowerBound], perRow[self.rows.upperBound - 1])
    }

    private static func extent(_ counts: [Int]) -> Range<Int> {
        let least = max(1, (counts.max() ?? 0) / 50)
        let first = counts.firstIndex { $0 >= least } ?? 0
        let last = counts.lastIndex { $0 >= least } ?? counts.count - 1
        return first..<last + 1
    }
}
