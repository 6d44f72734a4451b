import CImaging

extension Image {
    /// The bytes of an RGB PNG. `level` is zlib's, 0 (fast) to 9 (small).
    package func encodedPNG(level: Int = 6) throws(ImagingError) -> [UInt8] {
        precondition((0...9).contains(level), "PNG compression levels are 0 to 9")
        return try encoded { buffer, error in
            self.withPixels { ci_png_encode($0, self.cSize, 3, Int32(level), &buffer, error) }
        }
    }

    /// The bytes of a JPEG. `quality` is libjpeg's, 1 to 100; chroma is halved both ways unless `fullColour`.
    package func encodedJPEG(quality: Int = 90, fullColour: Bool = false) throws(ImagingError) -> [UInt8] {
        precondition((1...100).contains(quality), "JPEG qualities are 1 to 100")
        return try encoded { buffer, error in
            self.withPixels { ci_jpeg_encode($0, self.cSize, 3, Int32(quality), fullColour ? 1 : 0, &buffer, error) }
        }
    }

    /// The bytes of an 8-bit grey PNG of `width * height` samples, rows from the top.
    package static func greyPNG(_ samples: [UInt8], width: Int, height: Int, level: Int = 6) throws(ImagingError) -> [UInt8] {
        let size = greySize(samples, width, height)
        precondition((0...9).contains(level), "PNG compression levels are 0 to 9")
        return try encoded { buffer, error in
            samples.withUnsafeBufferPointer { ci_png_encode($0.baseAddress, size, 1, Int32(level), &buffer, error) }
        }
    }

    /// The bytes of a grey JPEG of `width * height` samples, rows from the top.
    package static func greyJPEG(_ samples: [UInt8], width: Int, height: Int, quality: Int = 90) throws(ImagingError) -> [UInt8] {
        let size = greySize(samples, width, height)
        precondition((1...100).contains(quality), "JPEG qualities are 1 to 100")
        return try encoded { buffer, error in
            samples.withUnsafeBufferPointer { ci_jpeg_encode($0.baseAddress, size, 1, Int32(quality), 0, &buffer, error) }
        }
    }
}

private func greySize(_ samples: [UInt8], _ width: Int, _ height: Int) -> ci_size {
    precondition((1...Image.longestSide).contains(width) && (1...Image.longestSide).contains(height))
    precondition(samples.count == width * height, "a grey picture needs width * height samples")
    return ci_size(width: Int32(width), height: Int32(height))
}

private func encoded(
    _ call: (inout ci_buffer, UnsafeMutablePointer<ci_error>) -> ci_status
) throws(ImagingError) -> [UInt8] {
    var buffer = ci_buffer()
    try check("image") { error in call(&buffer, error) }
    defer { ci_release(&buffer) }
    return Array(UnsafeBufferPointer(start: buffer.bytes, count: buffer.count))
}
