extension DicomFile {
    /// A picture that is not compressed.
    func nativeFrame(_ index: Int, _ pixels: DicomPixels) throws(ImagingError) -> DicomFrame {
        guard let element = self.element(DicomTag.pixels), self.items.isEmpty else {
            throw self.corrupt("the picture is stored in parts although its transfer syntax is uncompressed")
        }
        let area = pixels.width * pixels.height
        if pixels.bitsAllocated == 1 { return try self.bitFrame(index, pixels, element.range) }
        let isPaired = pixels.photometric == .ybrFull422
        guard !isPaired || (pixels.bitsAllocated == 8 && pixels.width % 2 == 0 && !pixels.isPlanar) else {
            throw self.unsupported("YBR_FULL_422 of odd width or of more than 8 bits", "export it as RGB")
        }
        let count = isPaired ? area * 2 : pixels.frameBytes
        let start = element.range.lowerBound + index * count
        guard element.range.count / count > index else { throw self.tooShort(element.range.count, count, index) }
        var bytes = try self.littleEndian(start, count, pixels, element)
        if isPaired { bytes = unpaired(bytes) }
        if pixels.isPlanar { bytes = interleaved(bytes, area: area, sampleBytes: pixels.sampleBytes) }
        return self.finished(bytes, pixels, significantBits: pixels.bitsStored, photometric: pixels.photometric)
    }

    private func tooShort(_ bytes: Int, _ count: Int, _ index: Int) -> ImagingError {
        ImagingError(
            .truncated, subject: self.subject,
            "the DICOM file is cut short (frame \(index) ends at byte \(count * (index + 1)) of the pixel data, "
                + "which has \(bytes)); copy or export it again")
    }

    /// Copies a frame, with the bytes of every sample (or of every word of 8-bit samples) turned around in big endian.
    private func littleEndian(
        _ start: Int, _ count: Int, _ pixels: DicomPixels, _ element: DicomElement
    ) throws(ImagingError) -> [UInt8] {
        guard !self.transferSyntax.isLittleEndian else { return Array(self.bytes[start..<start + count]) }
        let size = pixels.sampleBytes == 1 && element.isWords ? 2 : pixels.sampleBytes
        guard size > 1 else { return Array(self.bytes[start..<start + count]) }
        let origin = element.range.lowerBound
        return (start..<start + count).map { position in
            // The same place in the word, from the other side; an odd last byte has its partner after the frame.
            let offset = position - origin
            let turned = origin + offset / size * size + size - 1 - offset % size
            return turned < element.range.upperBound ? self.bytes[turned] : 0
        }
    }

    /// Single bits, packed across frames from the lowest bit of each byte: one byte each.
    private func bitFrame(_ index: Int, _ pixels: DicomPixels, _ range: Range<Int>) throws(ImagingError) -> DicomFrame {
        let count = pixels.width * pixels.height * pixels.samples
        let first = index * count
        guard range.count * 8 >= first + count else { throw self.tooShort(range.count, (count + 7) / 8, index) }
        let swaps = !self.transferSyntax.isLittleEndian && (self.element(DicomTag.pixels)?.isWords ?? false)
        let bytes = (first..<first + count).map { bit -> UInt8 in
            let byte = swaps ? (bit / 8) ^ 1 : bit / 8
            return byte < range.count ? self.bytes[range.lowerBound + byte] >> UInt8(bit % 8) & 1 : 0
        }
        return DicomFrame(pixels: pixels, bytes: bytes, photometric: pixels.photometric)
    }
}

/// Y1 Y2 Cb Cr for every two pixels to Y Cb Cr for each.
private func unpaired(_ bytes: [UInt8]) -> [UInt8] {
    var result = [UInt8]()
    result.reserveCapacity(bytes.count / 2 * 3)
    for start in stride(from: 0, to: bytes.count - 3, by: 4) {
        for luminance in 0..<2 { result += [bytes[start + luminance], bytes[start + 2], bytes[start + 3]] }
    }
    return result
}

/// Three planes to interleaved samples.
private func interleaved(_ bytes: [UInt8], area: Int, sampleBytes: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: bytes.count) { output, count in
        var target = 0
        for pixel in 0..<area {
            for plane in 0..<3 {
                for byte in 0..<sampleBytes {
                    output[target] = bytes[(plane * area + pixel) * sampleBytes + byte]
                    target += 1
                }
            }
        }
        count = bytes.count
    }
}
