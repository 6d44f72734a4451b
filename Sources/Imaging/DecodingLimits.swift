import CImaging

/// What a file may cost before it is refused. Checked from the header, before the pixels are allocated.
///
/// Decoding holds at most the file, `pixels * 3` bytes for the result (twice that when an orientation is applied) and, for a
/// progressive JPEG, `workingMemory`. A DICOM file costs a copy of itself, and up to 16 bytes for every sample of the picture.
package struct DecodingLimits: Sendable, Hashable {
    /// Width times height.
    package var pixels: Int
    /// Bytes of a file that `Image.load` reads.
    package var fileBytes: Int
    /// Bytes that libjpeg may hold for the coefficients of a progressive or multi-scan JPEG (6 per pixel at 4:4:4).
    package var workingMemory: Int
    /// Passes of a progressive JPEG; each costs time over the whole picture. Cameras and editors write about ten.
    package var scans: Int

    package init(pixels: Int = 64_000_000, fileBytes: Int = 256 << 20, workingMemory: Int = 512 << 20, scans: Int = 100) {
        precondition(pixels > 0 && fileBytes > 0 && workingMemory > 0 && (1...Int(Int32.max)).contains(scans))
        self.pixels = pixels
        self.fileBytes = fileBytes
        self.workingMemory = workingMemory
        self.scans = scans
    }

    /// 64 megapixels, 256 MiB of file, 512 MiB of working memory, 100 scans.
    package static let standard = DecodingLimits()

    var c: ci_limits {
        ci_limits(pixels: Int64(self.pixels), library_memory: Int64(self.workingMemory), scans: Int32(self.scans))
    }
}
