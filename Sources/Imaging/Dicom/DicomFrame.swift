/// One decoded picture of a DICOM file: stored values, before rescaling and windows.
package struct DicomFrame: Sendable, Hashable {
    package let pixels: DicomPixels
    /// `[height, width, samples]`, little endian in `pixels.sampleBytes` bytes, bits above the stored ones set by the sign.
    package let bytes: [UInt8]
    /// What the samples mean now: grey, palette or RGB.
    package let photometric: DicomPixels.Photometric

    /// Calls `body` with the stored values in their own type.
    func withSamples<Result>(_ body: (any SampleBuffer) -> Result) -> Result {
        self.bytes.withUnsafeBytes { raw in
            func view<Sample: FixedWidthInteger>(_ type: Sample.Type) -> Samples<Sample> { Samples(raw: raw, littleEndian: true) }
            return switch (self.pixels.sampleBytes, self.pixels.isSigned) {
            case (1, false): body(view(UInt8.self))
            case (1, true): body(view(Int8.self))
            case (2, false): body(view(UInt16.self))
            case (2, true): body(view(Int16.self))
            case (_, false): body(view(UInt32.self))
            case (_, true): body(view(Int32.self))
            }
        }
    }
}

/// Stored values of one type of at most 32 bits, for the few loops that are written once for all types.
protocol SampleBuffer {
    /// Smallest and largest value outside `excluded`; nil when there is none.
    func bounds(excluding excluded: ClosedRange<Int>?) -> ClosedRange<Int>?
    /// Calls `body` with the index and value of every sample.
    func forEach(_ body: (_ index: Int, _ stored: Int) -> Void)
}

struct Samples<Sample: FixedWidthInteger>: SampleBuffer {
    var raw: UnsafeRawBufferPointer
    var littleEndian: Bool

    private var count: Int { self.raw.count / MemoryLayout<Sample>.size }

    private func stored(_ index: Int) -> Int {
        let bits = self.raw.loadUnaligned(fromByteOffset: index * MemoryLayout<Sample>.size, as: Sample.self)
        return Int(self.littleEndian ? Sample(littleEndian: bits) : Sample(bigEndian: bits))
    }

    func bounds(excluding excluded: ClosedRange<Int>?) -> ClosedRange<Int>? {
        var (low, high) = (Int.max, Int.min)
        for index in 0..<self.count {
            let value = self.stored(index)
            if let excluded, excluded.contains(value) { continue }
            low = min(low, value)
            high = max(high, value)
        }
        return low <= high ? low...high : nil
    }

    func forEach(_ body: (_ index: Int, _ stored: Int) -> Void) {
        for index in 0..<self.count { body(index, self.stored(index)) }
    }
}
