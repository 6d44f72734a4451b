/// What a series needs to know of one of its files before any picture is decoded.
struct DicomSlice: Sendable, Hashable {
    let path: String
    let pixels: DicomPixels
    let rescale: DicomRescale
    /// The centre of the first pixel, in mm.
    let position: SIMD3<Double>
    /// Unit vectors along growing columns and rows.
    let widthAxis: SIMD3<Double>
    let heightAxis: SIMD3<Double>
    /// Distances of rows and of columns, in mm.
    let rowSpacing: Double
    let columnSpacing: Double

    init(_ file: DicomFile, path: String) throws(ImagingError) {
        let pixels = try file.pixels()
        self.path = path
        self.pixels = pixels
        func notAVolume(_ what: String) -> ImagingError {
            ImagingError(.notAVolume, subject: path, "\(what), so this file is no slice of a volume; choose a series of slices")
        }
        guard pixels.frames == 1 else { throw notAVolume("a DICOM file of \(pixels.frames) frames is not read as slices") }
        guard pixels.photometric.isGrey else { throw notAVolume("the picture is \(pixels.photometric.rawValue), not grey") }
        guard let position = try file.decimals(DicomTag.position), let axes = try file.decimals(DicomTag.orientation),
            let spacing = try file.decimals(DicomTag.pixelSpacing)
        else { throw notAVolume("the file has no position (0020,0032), orientation (0020,0037) or pixel spacing (0028,0030)") }
        // 10 m and a tenth of a micrometre are far beyond any scanner.
        guard position.count == 3, axes.count == 6, spacing.count == 2, position.allSatisfy({ abs($0) < 10_000 }),
            spacing.allSatisfy({ $0 > 1e-4 && $0 < 10_000 })
        else {
            throw file.corrupt("its position, orientation or pixel spacing")
        }
        let (along, down) = (SIMD3(axes[0], axes[1], axes[2]), SIMD3(axes[3], axes[4], axes[5]))
        guard abs(along.length - 1) < 1e-2, abs(down.length - 1) < 1e-2, abs(along.dot(down)) < 1e-3 else {
            throw file.corrupt("its orientation is not two perpendicular directions")
        }
        self.rescale = try DicomRescale(file, pixels)
        self.position = SIMD3(position[0], position[1], position[2])
        self.widthAxis = along / along.length
        self.heightAxis = down / down.length
        self.rowSpacing = spacing[0]
        self.columnSpacing = spacing[1]
    }

    /// The direction in which slices follow each other.
    var normal: SIMD3<Double> { self.widthAxis.cross(self.heightAxis) }

    /// What must be equal in all slices of a volume, and what it is called when it is not.
    func difference(from other: DicomSlice) -> String? {
        if self.pixels.width != other.pixels.width || self.pixels.height != other.pixels.height { return "sizes" }
        if (self.widthAxis - other.widthAxis).length > 1e-3 || (self.heightAxis - other.heightAxis).length > 1e-3 {
            return "orientations"
        }
        if abs(self.rowSpacing - other.rowSpacing) > 1e-4 || abs(self.columnSpacing - other.columnSpacing) > 1e-4 {
            return "pixel spacings"
        }
        return nil
    }
}
