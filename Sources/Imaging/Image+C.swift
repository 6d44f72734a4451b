import CImaging

extension Image {
    /// The size as C takes it; sides fit because `Image` bounds them.
    var cSize: ci_size { ci_size(width: Int32(self.width), height: Int32(self.height)) }

    /// Calls `body` with the first byte of the pixels.
    func withPixels<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        self.pixels.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { preconditionFailure("an image is never empty") }
            return body(start)
        }
    }

    /// Calls `body` with the first byte of the pixels, to change them in place.
    mutating func withMutablePixels(_ body: (UnsafeMutablePointer<UInt8>) -> Void) {
        self.pixels.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { preconditionFailure("an image is never empty") }
            body(start)
        }
    }

    /// A picture of the given size whose bytes `fill` writes, all of them, and cannot fail.
    static func made(width: Int, height: Int, fill: (UnsafeMutablePointer<UInt8>) -> Void) -> Image {
        let count = width * height * 3
        let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            guard let start = buffer.baseAddress else { return }
            fill(start)
            initialized = count
        }
        return Image(width: width, height: height, pixels: pixels)
    }
}
