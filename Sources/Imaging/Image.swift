/// A picture of interleaved 8-bit RGB, rows from the top, without padding: shape `[height, width, 3]`.
/// Grey pictures have three equal channels.
package struct Image: Sendable, Hashable {
    package let width: Int
    package let height: Int
    /// `width * height * 3` bytes.
    package internal(set) var pixels: [UInt8]

    /// The longest side that any function here makes or reads, in pixels.
    package static let longestSide = 65_535

    /// - Parameter pixels: `width * height * 3` bytes; sides between 1 and `longestSide`.
    package init(width: Int, height: Int, pixels: [UInt8]) {
        precondition((1...Self.longestSide).contains(width) && (1...Self.longestSide).contains(height))
        precondition(pixels.count == width * height * 3, "an RGB image needs width * height * 3 bytes")
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// A picture of one colour, black unless given.
    package init(width: Int, height: Int, red: UInt8 = 0, green: UInt8 = 0, blue: UInt8 = 0) {
        precondition((1...Self.longestSide).contains(width) && (1...Self.longestSide).contains(height))
        self.width = width
        self.height = height
        self.pixels = [UInt8](unsafeUninitializedCapacity: width * height * 3) { buffer, count in
            for pixel in stride(from: 0, to: width * height * 3, by: 3) {
                buffer[pixel] = red
                buffer[pixel + 1] = green
                buffer[pixel + 2] = blue
            }
            count = width * height * 3
        }
    }

    /// A picture whose bytes `fill` writes, all of them.
    init(width: Int, height: Int, fill: (UnsafeMutablePointer<UInt8>) throws(ImagingError) -> Void) throws(ImagingError) {
        precondition((1...Self.longestSide).contains(width) && (1...Self.longestSide).contains(height))
        let count = width * height * 3
        var failure: ImagingError?
        let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            guard let start = buffer.baseAddress else { return }
            do throws(ImagingError) {
                try fill(start)
                initialized = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        self.init(width: width, height: height, pixels: pixels)
    }

    package var pixelCount: Int { self.width * self.height }

    /// The three channels of column `x` in row `y`.
    package subscript(x x: Int, y y: Int) -> (red: UInt8, green: UInt8, blue: UInt8) {
        get {
            let start = self.offset(x, y)
            return (self.pixels[start], self.pixels[start + 1], self.pixels[start + 2])
        }
        set {
            let start = self.offset(x, y)
            self.pixels[start] = newValue.red
            self.pixels[start + 1] = newValue.green
            self.pixels[start + 2] = newValue.blue
        }
    }

    private func offset(_ x: Int, _ y: Int) -> Int {
        precondition((0..<self.width).contains(x) && (0..<self.height).contains(y), "pixel outside the image")
        return (y * self.width + x) * 3
    }
}
