import CImaging

extension Image {
    /// Decodes a PNG, JPEG or DICOM file, recognised by its first bytes, to upright RGB.
    ///
    /// - Grey is repeated in three channels. Alpha and `tRNS` are dropped without blending, as Pillow's `convert("RGB")` does.
    /// - Of 16-bit samples the high byte is kept, for grey too (Pillow cuts 16-bit grey at 255, which turns radiographs white).
    /// - CMYK and YCCK become RGB by `key - key * ink / 255`, read as inverted inks (Adobe's way, as Pillow assumes).
    /// - JPEG uses the accurate integer transform and smooth chroma upsampling. EXIF orientation is applied; colour profiles
    ///   and gamma are not.
    /// - Of DICOM files with one picture, grey ones are shown through their own window: see `decodeDicom`.
    /// - A file that ends early or has damaged picture data is refused, never completed with grey.
    /// - Parameter subject: what errors name, usually the file.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer, limits: DecodingLimits = .standard, subject: String = "image"
    ) throws(ImagingError) -> Image {
        guard let start = bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count > 0 else {
            throw ImagingError(.empty, subject: subject, "the file is empty (0 bytes); copy or export it again")
        }
        let format = try supportedFormat(of: bytes, subject: subject)
        if format == .dicom { return try decodeDicom(Array(bytes), limits: limits, subject: subject) }
        let codec = format == .png ? (size: ci_png_size, decode: ci_png_decode) : (size: ci_jpeg_size, decode: ci_jpeg_decode)
        var cLimits = limits.c
        var size = ci_size()
        try check(subject) { error in codec.size(start, bytes.count, &cLimits, &size, error) }
        let stored = try Image(width: Int(size.width), height: Int(size.height)) { (pixels) throws(ImagingError) in
            try check(subject) { error in codec.decode(start, bytes.count, &cLimits, size, pixels, error) }
        }
        return stored.oriented(Orientation(of: bytes, format: format))
    }

    package static func decode(
        _ bytes: [UInt8], limits: DecodingLimits = .standard, subject: String = "image"
    ) throws(ImagingError) -> Image {
        let result = bytes.withUnsafeBufferPointer { (buffer) -> Result<Image, ImagingError> in
            Result { () throws(ImagingError) in
                try decode(UnsafeRawBufferPointer(buffer), limits: limits, subject: subject)
            }
        }
        return try result.get()
    }

    /// Reads and decodes a regular file. Errors name `path`.
    package static func load(path: String, limits: DecodingLimits = .standard) throws(ImagingError) -> Image {
        var file = ci_buffer()
        try check(path) { error in ci_read_file(path, limits.fileBytes, &file, error) }
        defer { ci_release(&file) }
        return try decode(UnsafeRawBufferPointer(start: file.bytes, count: file.count), limits: limits, subject: path)
    }
}

private func supportedFormat(of bytes: UnsafeRawBufferPointer, subject: String) throws(ImagingError) -> ImageFormat {
    guard let format = ImageFormat(signatureOf: bytes) else {
        throw ImagingError(.unsupportedFormat, subject: subject, "not an image; only PNG, JPEG and DICOM pictures are read")
    }
    guard format.isSupported else {
        throw ImagingError(.unsupportedFormat, subject: subject, "\(format.rawValue) is not supported; convert it to PNG or JPEG")
    }
    return format
}
