/// How a DICOM file describes its pictures (PS3.3, C.7.6.3), checked before any is decoded.
package struct DicomPixels: Sendable, Hashable {
    /// What the samples mean.
    package enum Photometric: String, Sendable, Hashable, CaseIterable {
        /// Low values are white.
        case monochrome1 = "MONOCHROME1"
        case monochrome2 = "MONOCHROME2"
        case palette = "PALETTE COLOR"
        case rgb = "RGB"
        case ybrFull = "YBR_FULL"
        case ybrFull422 = "YBR_FULL_422"
        case ybrReversible = "YBR_RCT"
        case ybrIrreversible = "YBR_ICT"

        var samples: Int { self.isGrey || self == .palette ? 1 : 3 }
        package var isGrey: Bool { self == .monochrome1 || self == .monochrome2 }
    }

    package let width: Int
    package let height: Int
    package let frames: Int
    /// 1 or 3.
    package let samples: Int
    package let photometric: Photometric
    /// 1, 8, 16 or 32.
    package let bitsAllocated: Int
    package let bitsStored: Int
    package let isSigned: Bool
    /// Whether native colour pictures are stored plane after plane.
    let isPlanar: Bool

    /// Bytes of a decoded sample; pictures of single bits are decoded to bytes.
    package var sampleBytes: Int { max(self.bitsAllocated / 8, 1) }
    /// Bytes of a decoded picture.
    package var frameBytes: Int { self.width * self.height * self.samples * self.sampleBytes }

    init(_ file: DicomFile) throws(ImagingError) {
        if file.has(DicomTag.floatPixels) || file.has(DicomTag.doublePixels) {
            throw file.unsupported(
                "a DICOM picture of floating-point numbers", "export it with whole numbers and a rescale slope")
        }
        guard let height = file.short(DicomTag.rows), let width = file.short(DicomTag.columns), height > 0, width > 0 else {
            throw ImagingError(
                .unsupportedFormat, subject: file.subject,
                "this DICOM file holds no picture (no rows and columns); choose an image file, not a report, plan or directory")
        }
        guard file.element(DicomTag.pixels) != nil else {
            throw ImagingError(
                .truncated, subject: file.subject,
                "the DICOM file describes a picture but has no pixel data (7FE0,0010); copy or export it again")
        }
        guard width * height <= file.limits.pixels else {
            throw ImagingError(
                .tooLarge, subject: file.subject,
                "\(width) x \(height) pixels are above the limit of \(file.limits.pixels) pixels; "
                    + "scale it down or raise the limit")
        }
        self.width = width
        self.height = height
        self.frames = try Self.frameCount(file)
        self.photometric = try Self.photometric(file)
        self.samples = file.short(DicomTag.samplesPerPixel) ?? 1
        guard self.samples == self.photometric.samples else {
            throw file.corrupt("\(self.samples) samples a pixel contradict \(self.photometric.rawValue)")
        }
        guard let allocated = file.short(DicomTag.bitsAllocated) else { throw file.corrupt("no bits allocated (0028,0100)") }
        guard [1, 8, 16, 32].contains(allocated) else {
            throw file.unsupported("a DICOM picture of \(allocated) bits a sample", "export it with 8, 16 or 32")
        }
        let stored = file.short(DicomTag.bitsStored) ?? allocated
        guard (1...allocated).contains(stored) else { throw file.corrupt("\(stored) bits stored of \(allocated)") }
        guard (file.short(DicomTag.highBit) ?? stored - 1) == stored - 1 else {
            throw file.unsupported("a high bit (0028,0102) other than bits stored minus one", "export it again")
        }
        self.bitsAllocated = allocated
        self.bitsStored = stored
        self.isSigned = file.short(DicomTag.pixelRepresentation) == 1
        self.isPlanar = self.samples == 3 && file.short(DicomTag.planar) == 1
    }

    private static func frameCount(_ file: DicomFile) throws(ImagingError) -> Int {
        guard let text = file.string(DicomTag.frames), !text.isEmpty else { return 1 }
        guard let count = Int(text), (1...1 << 20).contains(count) else {
            throw file.corrupt("the number of frames (0028,0008) is not a positive number")
        }
        return count
    }

    private static func photometric(_ file: DicomFile) throws(ImagingError) -> Photometric {
        guard let name = file.string(DicomTag.photometric), !name.isEmpty else {
            throw file.corrupt("no photometric interpretation (0028,0004)")
        }
        guard let known = Photometric(rawValue: name) else {
            throw file.unsupported("this photometric interpretation (0028,0004)", "export it as MONOCHROME2 or RGB")
        }
        return known
    }
}
