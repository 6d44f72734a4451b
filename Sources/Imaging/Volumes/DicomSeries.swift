import Foundation

/// The slices of one series in a folder, found by their headers; no picture is decoded yet.
package struct DicomSeries: Sendable {
    /// The SeriesInstanceUID, empty where the files have none.
    package let identifier: String
    /// `CT`, `MR` and so on.
    package let modality: String
    /// What errors name: the folder.
    private let folder: String
    /// Slices, or why a file of the series is none.
    private let files: [Result<DicomSlice, ImagingError>]

    /// Files of the series.
    package var count: Int { self.files.count }

    /// All series among the files of a folder, not of the folders in it, sorted by identifier.
    ///
    /// Files that are not DICOM and DICOM files without a picture (reports, directories) are passed over. A DICOM file that
    /// cannot be read is an error, because nobody can say which slice it was.
    package static func list(folder: String, limits: VolumeLimits = .standard) throws(ImagingError) -> [DicomSeries] {
        var found: [String: (modality: String, files: [Result<DicomSlice, ImagingError>])] = [:]
        for path in try self.paths(folder, limits) {
            let bytes = try readFile(path, limit: limits.sliceBytes)
            let file = try DicomFile(bytes, limits: decodingLimits(limits), subject: path)
            guard file.has(DicomTag.rows) else { continue }
            let slice = Result { () throws(ImagingError) in try DicomSlice(file, path: path) }
            let identifier = file.string(DicomTag.seriesInstance) ?? ""
            found[identifier, default: (file.string(DicomTag.modality) ?? "", [])].files.append(slice)
        }
        return found.sorted { $0.key < $1.key }.map {
            DicomSeries(identifier: $0.key, modality: $0.value.modality, folder: folder, files: $0.value.files)
        }
    }

    private static func paths(_ folder: String, _ limits: VolumeLimits) throws(ImagingError) -> [String] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw ImagingError(
                .unreadable, subject: folder, "the folder cannot be read; check its name and permissions")
        }
        guard names.count <= limits.files else {
            throw ImagingError(
                .tooLarge, subject: folder,
                "\(names.count) files are above the limit of \(limits.files); choose one series' folder")
        }
        return names.sorted().map { folder + "/" + $0 }.filter { path in
            // Opening a pipe could wait for ever.
            var info = stat()
            guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return false }
            let start = (try? FileHandle(forReadingFrom: URL(filePath: path)).read(upToCount: 132)) ?? Data()
            return DicomFile.hasSignature([UInt8](start))
        }
    }

    /// Decodes the series: voxels are `stored * slope + intercept` of each slice, sorted along the slices' normal.
    ///
    /// Refused by name: single slices, files of several frames, slices of different size, orientation or pixel spacing, two
    /// slices at one place, missing slices, uneven distances, a tilted gantry. Padding stays as it is and is named in
    /// `Volume.padding`, where all slices agree on it.
    package func volume(limits: VolumeLimits = .standard) throws(ImagingError) -> Volume {
        var slices: [DicomSlice] = []
        for file in self.files { slices.append(try file.get()) }
        let stack = try SliceStack(slices, subject: self.folder)
        let plane = stack.slices[0].pixels
        guard stack.slices.count <= VolumeSize.longestSide,
            plane.width * plane.height * stack.slices.count <= limits.voxels
        else {
            throw ImagingError(
                .tooLarge, subject: self.folder,
                "\(stack.slices.count) slices of \(plane.width) x \(plane.height) pixels are above the limit of "
                    + "\(limits.voxels) voxels; scale the series down or raise the limit")
        }
        let size = VolumeSize(depth: stack.slices.count, height: plane.height, width: plane.width)
        var builder = VoxelBuilder(capacity: size.count)
        for slice in stack.slices {
            let frame = try self.decode(slice, limits)
            frame.withSamples { builder.append($0, slope: slice.rescale.slope, intercept: slice.rescale.intercept) }
        }
        return Volume(size: size, geometry: stack.geometry, voxels: builder.voxels, padding: Self.padding(stack.slices))
    }

    private func decode(_ slice: DicomSlice, _ limits: VolumeLimits) throws(ImagingError) -> DicomFrame {
        let bytes = try readFile(slice.path, limit: limits.sliceBytes)
        let file = try DicomFile(bytes, limits: decodingLimits(limits), subject: slice.path)
        guard try DicomSlice(file, path: slice.path) == slice else {
            throw ImagingError(.unreadable, subject: slice.path, "the file changed while the series was read; read it again")
        }
        return try file.frame(of: slice.pixels)
    }

    private static func padding(_ slices: [DicomSlice]) -> ClosedRange<Float>? {
        let ranges = slices.map { slice in
            slice.rescale.padding.map { range in
                let ends = [slice.rescale(range.lowerBound), slice.rescale(range.upperBound)].map { Float($0) }
                return min(ends[0], ends[1])...max(ends[0], ends[1])
            }
        }
        return ranges.allSatisfy { $0 == ranges[0] } ? ranges[0] : nil
    }
}

/// The limits of a picture for a slice, which may be as large as a volume.
private func decodingLimits(_ limits: VolumeLimits) -> DecodingLimits {
    DecodingLimits(pixels: limits.voxels, fileBytes: limits.sliceBytes)
}

extension Volume {
    /// Reads the series of a folder.
    /// - Parameter series: a SeriesInstanceUID; needed when the folder holds several.
    package static func loadDicom(
        folder: String, series: String? = nil, limits: VolumeLimits = .standard
    ) throws(ImagingError) -> Volume {
        let found = try DicomSeries.list(folder: folder, limits: limits)
        if let series {
            guard let named = found.first(where: { $0.identifier == series }) else {
                throw ImagingError(
                    .notAVolume, subject: folder,
                    "the folder has no series of that SeriesInstanceUID; it has \(found.count) others")
            }
            return try named.volume(limits: limits)
        }
        guard let only = found.first else {
            throw ImagingError(.notAVolume, subject: folder, "the folder holds no DICOM pictures; choose the folder of a series")
        }
        guard found.count == 1 else {
            let counts = found.map { String($0.count) }.joined(separator: ", ")
            throw ImagingError(
                .mixedSeries, subject: folder,
                "the folder holds \(found.count) series (of \(counts) files); name one by its SeriesInstanceUID, or "
                    + "separate them")
        }
        return try only.volume(limits: limits)
    }
}
