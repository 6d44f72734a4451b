import CDicom

/// A DICOM file whose structure has been read: which top-level elements it has and where they lie. Pictures are decoded when
/// they are asked for. Nothing of it is ever written into an error but tags, sizes and names of formats.
package struct DicomFile: Sendable {
    package let transferSyntax: TransferSyntax
    /// What errors name.
    let subject: String
    let limits: DecodingLimits
    /// The file, or what a deflated file inflates to.
    let bytes: [UInt8]
    let elements: [UInt32: DicomElement]
    /// The items of an encapsulated picture; the first is the offset table.
    let items: [Range<Int>]

    /// - Parameters:
    ///   - bytes: a file with the 128-byte preamble and file meta information (DICOM PS3.10).
    ///   - limits: `pixels` bounds one picture, `fileBytes` what a deflated file may inflate to.
    package init(
        _ bytes: [UInt8], limits: DecodingLimits = .standard, subject: String = "image"
    ) throws(ImagingError) {
        guard !bytes.isEmpty else {
            throw ImagingError(.empty, subject: subject, "the file is empty (0 bytes); copy or export it again")
        }
        guard Self.hasSignature(bytes) else {
            throw ImagingError(
                .unsupportedFormat, subject: subject,
                "not a DICOM file: there is no DICM after a preamble of 128 bytes; export it as a DICOM Part 10 file")
        }
        // File meta information is explicit little endian whatever follows it.
        var meta = DicomParser(ByteReader(bytes, range: 132..<bytes.count), isExplicit: true, subject: subject)
        let start = try meta.parse(whileGroup: 2)
        let syntax = try Self.syntax(meta.elements[DicomTag.transferSyntax].map { text(bytes, $0.range) }, subject)
        var data = bytes
        var range = start..<bytes.count
        if syntax == .deflated {
            data = try Self.inflated(bytes, from: start, limit: limits.fileBytes, subject: subject)
            range = 0..<data.count
        }
        let reader = ByteReader(data, range: range, littleEndian: syntax.isLittleEndian)
        let isExplicit = syntax.isExplicit && !Self.looksImplicit(reader)
        var parser = DicomParser(reader, isExplicit: isExplicit, subject: subject)
        _ = try parser.parse()
        self.transferSyntax = syntax
        self.subject = subject
        self.limits = limits
        self.bytes = data
        self.elements = parser.elements
        self.items = parser.items
    }

    /// Whether the bytes start as a DICOM file does.
    package static func hasSignature(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 132 && bytes[128..<132].elementsEqual("DICM".utf8)
    }

    /// Some writers name an explicit syntax and write implicitly: no letters stand where the first value representation must.
    private static func looksImplicit(_ reader: ByteReader) -> Bool {
        var reader = reader
        guard reader.skip(4), let first = reader.integer(UInt8.self), let second = reader.integer(UInt8.self)
        else { return false }
        let letters = UInt8(ascii: "A")...UInt8(ascii: "Z")
        return !letters.contains(first) && !letters.contains(second)
    }

    private static func syntax(_ name: String?, _ subject: String) throws(ImagingError) -> TransferSyntax {
        guard let name, !name.isEmpty else {
            throw ImagingError(
                .corrupt, subject: subject, "the DICOM file names no transfer syntax (0002,0010); export it again")
        }
        guard let syntax = TransferSyntax(rawValue: name) else {
            // A UID is digits and dots; anything else is not repeated.
            let shown = name.utf8.count <= 64 && name.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") } ? " \(name)" : ""
            throw ImagingError(
                .unsupportedFormat, subject: subject,
                "the DICOM transfer syntax\(shown) is not supported; export it uncompressed or as JPEG 2000")
        }
        return syntax
    }

    private static func inflated(
        _ bytes: [UInt8], from start: Int, limit: Int, subject: String
    ) throws(ImagingError) -> [UInt8] {
        // Deflate cannot expand more than 1032 times.
        let capacity = min(limit, (bytes.count - start) * 1032 + 64)
        return try inflate(CD_RAW_DEFLATE, bytes[start...], capacity: capacity, subject: subject)
    }
}
