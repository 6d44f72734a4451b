/// From stored to real values: `stored * slope + intercept` (PS3.3, C.11.1).
struct DicomRescale: Sendable, Hashable {
    var slope = 1.0
    var intercept = 0.0
    /// Stored values that mean "nothing was measured here" (0028,0120 and 0028,0121).
    var padding: ClosedRange<Int>?

    init(_ file: DicomFile, _ pixels: DicomPixels) throws(ImagingError) {
        if file.has(DicomTag.modalityTable) {
            throw file.unsupported("a rescaling table (0028,3000)", "export the picture with rescale slope and intercept")
        }
        if let slope = try file.decimal(DicomTag.rescaleSlope) { self.slope = slope }
        if let intercept = try file.decimal(DicomTag.rescaleIntercept) { self.intercept = intercept }
        guard self.slope != 0 else { throw file.corrupt("a rescale slope (0028,1053) of zero") }
        self.padding = Self.padding(file, pixels)
    }

    private static func padding(_ file: DicomFile, _ pixels: DicomPixels) -> ClosedRange<Int>? {
        func stored(_ tag: UInt32) -> Int? {
            file.short(tag).map { pixels.isSigned ? Int(Int16(truncatingIfNeeded: $0)) : $0 }
        }
        guard pixels.photometric.isGrey, pixels.bitsAllocated <= 16, let first = stored(DicomTag.padding) else { return nil }
        let second = stored(DicomTag.paddingLimit) ?? first
        return min(first, second)...max(first, second)
    }

    func callAsFunction(_ stored: Int) -> Double { Double(stored) * self.slope + self.intercept }
}
