/// A class for each pixel, 0 the background: rows from the top, all three channels of a pixel hold its class.
package struct Mask: Sendable, Hashable {
    package let classes: Image

    package init(classes: Image) {
        self.classes = classes
    }

    package var width: Int { self.classes.width }
    package var height: Int { self.classes.height }

    /// Class numbers `[height, width]`.
    package init(width: Int, height: Int, classes: [UInt8]) {
        precondition(classes.count == width * height, "a class for each pixel")
        self.classes = Image(width: width, height: height, pixels: classes.flatMap { [$0, $0, $0] })
    }

    /// A picture whose grey values stand for classes: `values[c]` is class c.
    ///
    /// - Throws: `unknownValue` with the value and its place when a pixel has another value, or is not grey.
    package init(_ image: Image, values: [UInt8], subject: String) throws(ImagingError) {
        var table = [Int16](repeating: -1, count: 256)
        for (index, value) in values.enumerated() { table[Int(value)] = Int16(index) }
        var pixels = image.pixels
        for pixel in 0..<image.pixelCount {
            let (red, green, blue) = (pixels[pixel * 3], pixels[pixel * 3 + 1], pixels[pixel * 3 + 2])
            let known = table[Int(red)]
            guard known >= 0, red == green, green == blue else {
                let value = red == green && green == blue ? "the value \(red)" : "the colour (\(red), \(green), \(blue))"
                let place = "column \(pixel % image.width), row \(pixel / image.width)"
                let list = values.map(String.init).joined(separator: ", ")
                throw ImagingError(
                    .unknownValue, subject: subject, "has \(value) at \(place); a mask has the values \(list) only")
            }
            let c = UInt8(known)
            (pixels[pixel * 3], pixels[pixel * 3 + 1], pixels[pixel * 3 + 2]) = (c, c, c)
        }
        self.classes = Image(width: image.width, height: image.height, pixels: pixels)
    }

    /// The class of a pixel.
    package subscript(x x: Int, y y: Int) -> UInt8 { self.classes[x: x, y: y].red }

    /// Class numbers `[height, width]`.
    package var values: [UInt8] { (0..<self.classes.pixelCount).map { self.classes.pixels[$0 * 3] } }
}
