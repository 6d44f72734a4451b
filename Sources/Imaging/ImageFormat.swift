/// What the first bytes of a file say it is. File names are never asked.
package enum ImageFormat: String, Sendable, Hashable, CaseIterable {
    case png = "PNG"
    case jpeg = "JPEG"
    case gif = "GIF"
    case bmp = "BMP"
    case tiff = "TIFF"
    case webp = "WebP"
    case jpeg2000 = "JPEG 2000"
    case jpegXL = "JPEG XL"
    case heif = "HEIF"
    case dicom = "DICOM"
    case pdf = "PDF"

    /// Whether `Image.decode` reads it.
    package var isSupported: Bool { self == .png || self == .jpeg || self == .dicom }

    /// The format of the file that starts with `bytes`, nil when it is none of these.
    /// A file that ends within the signature of PNG or JPEG counts as that format: it is cut short, not something else.
    package init?(signatureOf bytes: UnsafeRawBufferPointer) {
        for (format, signature) in Self.codecs {
            let length = min(signature.count, bytes.count)
            if length > 0, signature.prefix(length).elementsEqual(bytes.prefix(length)) {
                self = format
                return
            }
        }
        for (format, offset, signature) in Self.others {
            guard bytes.count >= offset + signature.count else { continue }
            if signature.elementsEqual(bytes[offset..<offset + signature.count]) {
                self = format
                return
            }
        }
        return nil
    }

    private static let codecs: [(ImageFormat, [UInt8])] = [
        (.png, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
        (.jpeg, [0xFF, 0xD8, 0xFF]),
    ]

    private static let others: [(ImageFormat, offset: Int, [UInt8])] = [
        (.gif, 0, Array("GIF8".utf8)),
        (.bmp, 0, Array("BM".utf8)),
        (.tiff, 0, [0x49, 0x49, 0x2A, 0x00]),
        (.tiff, 0, [0x4D, 0x4D, 0x00, 0x2A]),
        (.tiff, 0, [0x49, 0x49, 0x2B, 0x00]),
        (.tiff, 0, [0x4D, 0x4D, 0x00, 0x2B]),
        (.webp, 8, Array("WEBP".utf8)),
        (.jpeg2000, 0, [0x00, 0x00, 0x00, 0x0C, 0x6A, 0x50, 0x20, 0x20]),
        (.jpeg2000, 0, [0xFF, 0x4F, 0xFF, 0x51]),
        (.jpegXL, 0, [0xFF, 0x0A]),
        (.jpegXL, 0, [0x00, 0x00, 0x00, 0x0C, 0x4A, 0x58, 0x4C, 0x20]),
        (.heif, 4, Array("ftyp".utf8)),
        (.dicom, 128, Array("DICM".utf8)),
        (.pdf, 0, Array("%PDF".utf8)),
    ]
}
