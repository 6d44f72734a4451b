/// DICOM's run-length coding (PS3.5, annex G): a header of 64 bytes with the places of up to 15 byte planes, most significant
/// byte first, each packed as Apple's PackBits does.
enum RunLength {
    /// - Returns: samples as `DicomFrame.bytes` has them.
    static func decode(
        _ bytes: [UInt8], _ parts: ArraySlice<Range<Int>>, _ pixels: DicomPixels, subject: String
    ) throws(ImagingError) -> [UInt8] {
        var data = bytes
        var range = parts.first ?? 0..<0
        if parts.count > 1 {
            data = parts.flatMap { bytes[$0] }
            range = 0..<data.count
        }
        var reader = ByteReader(data, range: range)
        let planes = pixels.samples * pixels.sampleBytes
        guard let count = reader.integer(UInt32.self), Int(count) == planes else {
            throw damaged("the number of planes is wrong", subject)
        }
        var starts: [Int] = []
        for _ in 0..<15 {
            guard let start = reader.integer(UInt32.self) else { throw damaged("its header is cut short", subject) }
            starts.append(Int(start))
        }
        var result = [UInt8](repeating: 0, count: pixels.frameBytes)
        for plane in 0..<planes {
            let end = plane + 1 < planes ? starts[plane + 1] : range.count
            guard starts[plane] >= 64, starts[plane] <= end, end <= range.count else {
                throw damaged("a plane lies outside", subject)
            }
            let segment = range.lowerBound + starts[plane]..<range.lowerBound + end
            let (sample, byte) = plane.quotientAndRemainder(dividingBy: pixels.sampleBytes)
            let offset = (sample + 1) * pixels.sampleBytes - 1 - byte
            guard unpack(data, segment, into: &result, offset: offset, stride: planes) else {
                throw ImagingError(
                    .truncated, subject: subject, "the run-length coded picture is cut short; copy or export it again")
            }
        }
        return result
    }

    /// Writes every `stride`-th byte from `offset`; false when the segment ends before the plane is full.
    private static func unpack(
        _ data: [UInt8], _ segment: Range<Int>, into result: inout [UInt8], offset: Int, stride: Int
    ) -> Bool {
        var (source, target) = (segment.lowerBound, offset)
        while target < result.count {
            guard source < segment.upperBound else { return false }
            let control = Int(Int8(bitPattern: data[source]))
            source += 1
            if control >= 0 {
                guard segment.upperBound - source > control else { return false }
                for index in 0...control where target < result.count {
                    result[target] = data[source + index]
                    target += stride
                }
                source += control + 1
            } else if control != -128 {
                guard source < segment.upperBound else { return false }
                for _ in 0..<1 - control where target < result.count {
                    result[target] = data[source]
                    target += stride
                }
                source += 1
            }
        }
        return true
    }

    private static func damaged(_ what: String, _ subject: String) -> ImagingError {
        ImagingError(.corrupt, subject: subject, "the run-length coded picture is damaged (\(what)); copy or export it again")
    }
}
