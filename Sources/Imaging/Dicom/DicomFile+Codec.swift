import CDicom

extension DicomFile {
    /// Decodes a codestream to `[height, width, samples]` in `sampleBytes` bytes each, little endian.
    func samples(
        _ bytes: [UInt8], _ data: Range<Int>, _ header: CodestreamHeader, _ pixels: DicomPixels
    ) throws(ImagingError) -> [UInt8] {
        switch (header.kind, header.precision) {
        case (.dct, 8): try self.samples(bytes, data, pixels, cd_jpeg_dct8)
        case (.dct, 12): try self.samples(bytes, data, pixels, cd_jpeg_dct12)
        case (.dct, _): throw self.corrupt("JPEG samples of \(header.precision) bits")
        case (.lossless, _): try self.samples(bytes, data, pixels, cd_jpeg_lossless)
        case (.jpeg2000, _): try self.samples(bytes, data, pixels, cd_jpeg2000)
        case (.jpegLS, _): try self.jpegLS(bytes, data, header, pixels)
        }
    }

    private typealias Decoder =
        @convention(c) (
            UnsafePointer<UInt8>?, Int, UnsafePointer<cd_frame>?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<cd_error>?
        ) -> cd_status

    private func samples(
        _ bytes: [UInt8], _ data: Range<Int>, _ pixels: DicomPixels, _ decoder: Decoder
    ) throws(ImagingError) -> [UInt8] {
        var frame = cd_frame(
            width: Int32(pixels.width), height: Int32(pixels.height), components: Int32(pixels.samples),
            bytes_per_sample: Int32(pixels.sampleBytes), working_memory: Int64(self.limits.workingMemory))
        var failure: ImagingError?
        let samples = [UInt8](unsafeUninitializedCapacity: pixels.frameBytes) { output, initialized in
            guard let start = output.baseAddress else { return }
            do throws(ImagingError) {
                try checkCodec(self.subject) { error in
                    bytes.withUnsafeBufferPointer { source in
                        let first = source.baseAddress.map { $0 + data.lowerBound }
                        return decoder(first, data.count, &frame, start, error)
                    }
                }
                initialized = pixels.frameBytes
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return samples
    }

    private func jpegLS(
        _ bytes: [UInt8], _ data: Range<Int>, _ header: CodestreamHeader, _ pixels: DicomPixels
    ) throws(ImagingError) -> [UInt8] {
        guard header.precision <= pixels.sampleBytes * 8 else {
            throw self.corrupt("JPEG-LS samples of \(header.precision) bits where \(pixels.bitsAllocated) are allocated")
        }
        let values: [UInt16]
        do throws(JpegLS.Failure) {
            values = try JpegLS.decode(
                bytes, data, width: pixels.width, height: pixels.height, components: pixels.samples)
        } catch {
            switch error {
            case .unsupported(let what): throw self.unsupported(what, "export the picture uncompressed")
            case .corrupt(let what): throw self.corrupt("JPEG-LS: \(what)")
            case .truncated:
                throw ImagingError(
                    .truncated, subject: self.subject, "the JPEG-LS codestream is damaged or cut short; copy or export it again")
            }
        }
        let size = pixels.sampleBytes
        return [UInt8](unsafeUninitializedCapacity: values.count * size) { output, count in
            output.initialize(repeating: 0)
            for (index, value) in values.enumerated() {
                output[index * size] = UInt8(truncatingIfNeeded: value)
                if size > 1 { output[index * size + 1] = UInt8(truncatingIfNeeded: value >> 8) }
            }
            count = values.count * size
        }
    }
}
