extension DicomFile {
    /// What the file says of its pictures; refused when they cannot be decoded.
    package func pixels() throws(ImagingError) -> DicomPixels { try DicomPixels(self) }

    /// Decodes one picture.
    /// - Parameter index: from 0 to `pixels.frames`, exclusive.
    package func frame(_ index: Int = 0, of pixels: DicomPixels) throws(ImagingError) -> DicomFrame {
        guard (0..<pixels.frames).contains(index) else {
            throw ImagingError(
                .invalidSetting, subject: self.subject,
                "there is no frame \(index); the file has \(pixels.frames), counted from 0")
        }
        switch self.transferSyntax.coding {
        case .native: return try self.nativeFrame(index, pixels)
        case .runLength:
            guard pixels.bitsAllocated >= 8 else { throw self.unsupported("RLE of single bits", "export it uncompressed") }
            let data = try self.frameData(index, pixels)
            let bytes = try RunLength.decode(self.bytes, data, pixels, subject: self.subject)
            return self.finished(bytes, pixels, significantBits: pixels.bitsStored, photometric: pixels.photometric)
        case .jpeg, .jpegLS, .jpeg2000: return try self.codedFrame(index, pixels)
        }
    }

    private func codedFrame(_ index: Int, _ pixels: DicomPixels) throws(ImagingError) -> DicomFrame {
        let (bytes, range) = try self.joined(self.frameData(index, pixels))
        let data = codestream(bytes, range)
        var refusal: String?
        guard let header = CodestreamHeader.read(bytes, range: data, refusal: &refusal) else {
            if let refusal { throw self.unsupported(refusal, "export the picture uncompressed") }
            throw self.corrupt("the compressed picture does not start with a header of its format")
        }
        let samples = try self.samples(bytes, data, header, pixels)
        // JPEG knows no sign and may carry the unused bits along; the other two say how many bits their samples have.
        let bits = header.kind == .dct || header.kind == .lossless ? pixels.bitsStored : header.precision
        return self.finished(
            samples, pixels, significantBits: bits, photometric: self.photometric(of: header, pixels.photometric))
    }

    /// The colours of a decoded picture: the codestream knows better than the header that was copied around it.
    private func photometric(
        of header: CodestreamHeader, _ named: DicomPixels.Photometric
    ) -> DicomPixels.Photometric {
        if named.samples == 1 { return named }
        if let isYBR = header.isLuminanceChrominance, header.kind != .jpeg2000 { return isYBR ? .ybrFull : .rgb }
        switch named {
        case .ybrFull, .ybrFull422: return .ybrFull
        // JPEG 2000's own transforms were undone with the rest of the decoding.
        case .ybrReversible, .ybrIrreversible, .rgb, .monochrome1, .monochrome2, .palette: return .rgb
        }
    }

    /// Sets the bits above the significant ones, and turns YBR into RGB.
    func finished(
        _ bytes: [UInt8], _ pixels: DicomPixels, significantBits: Int, photometric: DicomPixels.Photometric
    ) -> DicomFrame {
        var bytes = bytes
        let unused = pixels.sampleBytes * 8 - significantBits
        if unused > 0, pixels.bitsAllocated > 1 {
            switch (pixels.sampleBytes, pixels.isSigned) {
            case (1, false): extend(&bytes, by: unused, UInt8.self)
            case (1, true): extend(&bytes, by: unused, Int8.self)
            case (2, false): extend(&bytes, by: unused, UInt16.self)
            case (2, true): extend(&bytes, by: unused, Int16.self)
            case (_, false): extend(&bytes, by: unused, UInt32.self)
            case (_, true): extend(&bytes, by: unused, Int32.self)
            }
        }
        let isYBR = photometric == .ybrFull || photometric == .ybrFull422
        if isYBR, pixels.sampleBytes == 1 { convertToRGB(&bytes) }
        return DicomFrame(pixels: pixels, bytes: bytes, photometric: isYBR ? .rgb : photometric)
    }
}

/// Shifts the unused bits out and back, which fills them with zeros or with the sign.
private func extend<Sample: FixedWidthInteger>(_ bytes: inout [UInt8], by unused: Int, _ type: Sample.Type) {
    bytes.withUnsafeMutableBytes { buffer in
        for offset in stride(from: 0, to: buffer.count, by: MemoryLayout<Sample>.size) {
            let value = Sample(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: Sample.self))
            let extended = (value << unused) >> unused
            buffer.storeBytes(of: extended.littleEndian, toByteOffset: offset, as: Sample.self)
        }
    }
}

/// Full-range luminance and chrominance to RGB (ISO/IEC 10918-5, section 7), 8 bits.
private func convertToRGB(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBufferPointer { buffer in
        for pixel in stride(from: 0, to: buffer.count - 2, by: 3) {
            let luminance = Float(buffer[pixel])
            let (blue, red) = (Float(buffer[pixel + 1]) - 128, Float(buffer[pixel + 2]) - 128)
            let green = luminance + blue * Float(-0.114 * 1.772 / 0.587) + red * Float(-0.299 * 1.402 / 0.587)
            buffer[pixel] = rounded(luminance + red * 1.402)
            buffer[pixel + 1] = rounded(green)
            buffer[pixel + 2] = rounded(luminance + blue * 1.772)
        }
    }
}

private func rounded(_ value: Float) -> UInt8 { UInt8(min(max((value + 0.5).rounded(.down), 0), 255)) }
