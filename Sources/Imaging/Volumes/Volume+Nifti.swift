import CDicom
import CImaging

extension Volume {
    /// Decodes a NIfTI-1 or NIfTI-2 file (`.nii` or `.nii.gz`, recognised by content) of three dimensions.
    ///
    /// Voxels come as the file stores them, with its slope and intercept applied in float64: `width` is the file's first axis.
    /// Use `canonical()` for the usual order. Compressed data must end with the voxels, at most 64 KiB later.
    package static func decodeNifti(
        _ bytes: [UInt8], limits: VolumeLimits = .standard, subject: String = "volume"
    ) throws(ImagingError) -> Volume {
        guard !bytes.isEmpty else {
            throw ImagingError(.empty, subject: subject, "the file is empty (0 bytes); copy or export it again")
        }
        let isCompressed = bytes.starts(with: [0x1F, 0x8B])
        let head =
            isCompressed
            ? try inflate(CD_GZIP, bytes[...], capacity: NiftiHeader.longest, isPrefix: true, subject: subject)
            : Array(bytes.prefix(NiftiHeader.longest))
        let header = try NiftiHeader(head, limits: limits, subject: subject)
        let needed = header.offset + header.voxelBytes
        guard needed <= limits.fileBytes else {
            throw ImagingError(
                .tooLarge, subject: subject,
                "the volume has \(needed) bytes, above the limit of \(limits.fileBytes); crop it or raise the limit")
        }
        // Deflate cannot expand more than 1032 times.
        guard (isCompressed ? bytes.count * 1032 : bytes.count) >= needed else { throw niftiTruncated(subject) }
        let data =
            isCompressed ? try inflate(CD_GZIP, bytes[...], capacity: needed + (64 << 10), subject: subject) : bytes
        guard data.count >= needed else { throw niftiTruncated(subject) }
        return Volume(size: header.size, geometry: header.geometry, voxels: voxels(data, header))
    }

    /// Reads and decodes a NIfTI file. Errors name `path`.
    package static func loadNifti(path: String, limits: VolumeLimits = .standard) throws(ImagingError) -> Volume {
        try self.decodeNifti(readFile(path, limit: limits.fileBytes), limits: limits, subject: path)
    }

    private static func voxels(_ data: [UInt8], _ header: NiftiHeader) -> Voxels {
        var builder = VoxelBuilder(capacity: header.size.count)
        data.withUnsafeBytes { all in
            let raw = UnsafeRawBufferPointer(rebasing: all[header.offset..<header.offset + header.voxelBytes])
            func whole<Sample: FixedWidthInteger>(_ type: Sample.Type) {
                let samples = Samples<Sample>(raw: raw, littleEndian: header.littleEndian)
                builder.append(samples, slope: header.slope, intercept: header.intercept)
            }
            func real<Bits: FixedWidthInteger>(_ type: Bits.Type, _ value: (Bits) -> Double) {
                builder.append(real: header.size.count) { index in
                    let bits = raw.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self)
                    let stored = value(header.littleEndian ? Bits(littleEndian: bits) : Bits(bigEndian: bits))
                    return Float(stored * header.slope + header.intercept)
                }
            }
            switch header.type {
            case .uint8: whole(UInt8.self)
            case .int8: whole(Int8.self)
            case .uint16: whole(UInt16.self)
            case .int16: whole(Int16.self)
            case .uint32: whole(UInt32.self)
            case .int32: whole(Int32.self)
            // 64-bit numbers may not fit where the others do.
            case .uint64: real(UInt64.self) { Double($0) }
            case .int64: real(Int64.self) { Double($0) }
            case .float32: real(UInt32.self) { Double(Float(bitPattern: $0)) }
            case .float64: real(UInt64.self) { Double(bitPattern: $0) }
            }
        }
        return builder.voxels
    }
}

/// A regular file of at most `limit` bytes.
func readFile(_ path: String, limit: Int) throws(ImagingError) -> [UInt8] {
    var file = ci_buffer()
    try check(path) { error in ci_read_file(path, limit, &file, error) }
    defer { ci_release(&file) }
    return Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
}
