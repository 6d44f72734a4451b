import CDicom

extension Volume {
    /// The volume as a NIfTI-1 file: int16 or float32, its place as the file's matrix (sform), in mm. `decodeNifti` gives the
    /// same voxels; padding values are not marked in it.
    /// - Parameter isCompressed: gzip, as a `.nii.gz` has it; the same volume gives the same bytes.
    package func encodedNifti(isCompressed: Bool) throws(ImagingError) -> [UInt8] {
        guard [self.size.depth, self.size.height, self.size.width].allSatisfy({ $0 <= Int(Int16.max) }) else {
            throw ImagingError(
                .tooLarge, subject: "volume", "\(self.size) voxels: NIfTI-1 takes sides up to \(Int16.max); crop the volume")
        }
        var bytes = self.niftiHeader
        switch self.voxels {
        case .int16(let values): for value in values { bytes.append(littleEndian: UInt16(bitPattern: value)) }
        case .float32(let values): for value in values { bytes.append(littleEndian: value.bitPattern) }
        }
        return isCompressed ? try gzip(bytes) : bytes
    }

    /// 348 bytes, and four that say that no extension follows.
    private var niftiHeader: [UInt8] {
        var header = NiftiWriter()
        header.put(Int32(348), at: 0)
        let sides = [self.size.width, self.size.height, self.size.depth]
        for (index, side) in ([3] + sides + [1, 1, 1, 1]).enumerated() { header.put(Int16(side), at: 40 + 2 * index) }
        let (type, bits): (NiftiHeader.DataType, Int16) =
            switch self.voxels {
            case .int16: (.int16, 16)
            case .float32: (.float32, 32)
            }
        header.put(Int16(type.rawValue), at: 70)
        header.put(bits, at: 72)
        let spacing = self.geometry.spacing
        for (index, distance) in [1, spacing.z, spacing.y, spacing.x].enumerated() { header.put(distance, at: 76 + 4 * index) }
        // Where the voxels start, slope and intercept, and mm as the unit.
        header.put(352.0, at: 108)
        header.put(1.0, at: 112)
        header.bytes[123] = 2
        header.put(Int16(1), at: 254)
        // NIfTI counts to the right and to the front.
        let toFile = SIMD3<Double>(-1, -1, 1)
        let columns = [
            self.geometry.widthAxis * spacing.z, self.geometry.heightAxis * spacing.y, self.geometry.depthAxis * spacing.x,
            self.geometry.origin,
        ].map { $0 * toFile }
        for row in 0..<3 {
            for (column, vector) in columns.enumerated() { header.put(vector[row], at: 280 + 16 * row + 4 * column) }
        }
        header.bytes.replaceSubrange(344..<348, with: Array("n+1\0".utf8))
        return header.bytes
    }
}

/// The header's bytes, filled field by field.
private struct NiftiWriter {
    var bytes = [UInt8](repeating: 0, count: 352)

    mutating func put(_ value: some FixedWidthInteger, at offset: Int) {
        withUnsafeBytes(of: value.littleEndian) { self.bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
    }

    /// As float32.
    mutating func put(_ value: Double, at offset: Int) { self.put(Float(value).bitPattern, at: offset) }
}

extension [UInt8] {
    fileprivate mutating func append(littleEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { self.append(contentsOf: $0) }
    }
}

/// One gzip member without name and time.
private func gzip(_ bytes: [UInt8]) throws(ImagingError) -> [UInt8] {
    var failure: ImagingError?
    let capacity = cd_gzip_bound(bytes.count)
    let result = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        do throws(ImagingError) {
            try checkCodec("volume") { cd_gzip(bytes, bytes.count, buffer.baseAddress, capacity, &count, $0) }
        } catch {
            failure = error
        }
    }
    if let failure { throw failure }
    return result
}
