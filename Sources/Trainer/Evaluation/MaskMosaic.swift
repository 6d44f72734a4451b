import Imaging
import Pipelines

/// Rows of picture, truth and answer side by side, for people to look at.
struct MaskMosaic {
    /// Side of a tile in pixels, and the white between tiles.
    private static let side = 224
    private static let gap = 8

    private var rows: [[Image]] = []

    /// Adds a picture. Truth and answer are drawn as outlines over it and as white on black.
    mutating func add(_ image: Image, truth: Mask, answer: SegmentedClass) throws(ImagingError) {
        let expected = SegmentedClass(name: answer.name, pixels: truth.values.map { $0 > 0 }, area: 0)
        let drawn = image.outlining([expected, answer])
        let masks = [expected, answer].map { segmented in
            Mask(width: image.width, height: image.height, classes: segmented.pixels.map { $0 ? 255 : 0 }).classes
        }
        self.rows.append([try Self.tile(drawn)] + (try masks.map { (mask) throws(ImagingError) in try Self.tile(mask) }))
    }

    /// The mosaic as a PNG; nil without rows.
    func png() throws(ImagingError) -> [UInt8]? {
        guard let first = self.rows.first else { return nil }
        let step = Self.side + Self.gap
        var image = Image(
            width: first.count * step + Self.gap, height: self.rows.count * step + Self.gap, red: 255, green: 255, blue: 255)
        for (row, tiles) in self.rows.enumerated() {
            for (column, tile) in tiles.enumerated() {
                let (left, top) = (Self.gap + column * step, Self.gap + row * step)
                for y in 0..<tile.height {
                    for x in 0..<tile.width { image[x: left + x, y: top + y] = tile[x: x, y: y] }
                }
            }
        }
        return try image.encodedPNG()
    }

    /// The picture fitted into a tile.
    private static func tile(_ image: Image) throws(ImagingError) -> Image {
        let scale = Double(self.side) / Double(max(image.width, image.height))
        let (width, height) = (max(1, Int(Double(image.width) * scale)), max(1, Int(Double(image.height) * scale)))
        return try image.resized(width: width, height: height, filter: .bilinear)
    }
}
