extension Image {
    /// Decodes one picture of a DICOM file to 8-bit RGB.
    ///
    /// - Grey: rescaled (slope and intercept), windowed to 0...255, and inverted for MONOCHROME1, so that white is dense as a
    ///   radiologist sees it. Padding is black.
    /// - Colour: as stored, YBR converted to RGB; of more than 8 bits the high ones are kept. Palettes are applied.
    /// - Pixel aspect ratio, overlays and presentation states are not applied.
    /// - Parameters:
    ///   - frame: which picture, counted from 0; nil refuses a file that holds several.
    ///   - window: for grey pictures.
    package static func decodeDicom(
        _ bytes: [UInt8], frame: Int? = nil, window: DicomWindow = .stored, limits: DecodingLimits = .standard,
        subject: String = "image"
    ) throws(ImagingError) -> Image {
        let file = try DicomFile(bytes, limits: limits, subject: subject)
        let pixels = try file.pixels()
        guard frame != nil || pixels.frames == 1 else {
            throw ImagingError(
                .unsupportedFormat, subject: subject,
                "this DICOM file holds \(pixels.frames) frames; send one frame, or say which")
        }
        let decoded = try file.frame(frame ?? 0, of: pixels)
        switch decoded.photometric {
        case .monochrome1, .monochrome2: return try self.grey(decoded, file, window)
        case .palette:
            let palette = try DicomPalette(file, pixels)
            return self.filled(decoded) { palette.write($0, to: $1) }
        case .rgb, .ybrFull, .ybrFull422, .ybrReversible, .ybrIrreversible: return self.colour(decoded)
        }
    }

    private static func grey(
        _ frame: DicomFrame, _ file: DicomFile, _ window: DicomWindow
    ) throws(ImagingError) -> Image {
        let rescale = try DicomRescale(file, frame.pixels)
        let bounds = frame.withSamples { $0.bounds(excluding: rescale.padding) } ?? 0...0
        let ends = [rescale(bounds.lowerBound), rescale(bounds.upperBound)]
        let fullRange = GreyWindow.range(low: min(ends[0], ends[1]), high: max(ends[0], ends[1]))
        let chosen: GreyWindow
        switch window {
        case .stored: chosen = try file.storedWindow() ?? fullRange
        case .fullRange: chosen = fullRange
        case .linear(let center, let width):
            guard let asked = GreyWindow.window(.linear, center: center, width: width) else {
                throw ImagingError(.invalidSetting, subject: "window", "width \(width) is not a number of at least 1")
            }
            chosen = asked
        }
        let isInverted = frame.photometric == .monochrome1
        return self.filled(frame) { stored, pixel in
            var value: UInt8 = 0
            if !(rescale.padding?.contains(stored) ?? false) {
                value = chosen.grey(rescale(stored))
                if isInverted { value = 255 - value }
            }
            (pixel[0], pixel[1], pixel[2]) = (value, value, value)
        }
    }

    /// A picture whose pixels are functions of one stored sample each.
    private static func filled(
        _ frame: DicomFrame, _ write: (Int, UnsafeMutablePointer<UInt8>) -> Void
    ) -> Image {
        .made(width: frame.pixels.width, height: frame.pixels.height) { pixels in
            frame.withSamples { samples in samples.forEach { write($1, pixels + $0 * 3) } }
        }
    }

    private static func colour(_ frame: DicomFrame) -> Image {
        let shift = max(frame.pixels.bitsStored - 8, 0)
        return .made(width: frame.pixels.width, height: frame.pixels.height) { pixels in
            frame.withSamples { samples in samples.forEach { pixels[$0] = UInt8(truncatingIfNeeded: max($1, 0) >> shift) } }
        }
    }
}
