/// How a stored picture must be turned to stand upright; raw values are those of EXIF tag 274.
package enum Orientation: Int, Sendable, Hashable, CaseIterable {
    case upright = 1
    case mirrored = 2
    case rotated180 = 3
    case flipped = 4
    /// Mirrored about the main diagonal.
    case transposed = 5
    /// Stored turned left; upright after a quarter turn clockwise.
    case rotated90 = 6
    /// Mirrored about the other diagonal.
    case transversed = 7
    /// Upright after a quarter turn counter-clockwise.
    case rotated270 = 8

    /// Whether making the picture upright exchanges width and height.
    package var exchangesSides: Bool { self.rawValue >= 5 }

    /// The orientation that a PNG (`eXIf` chunk) or JPEG (`APP1` segment) file asks for; upright when it asks for none or its
    /// EXIF block is damaged, because damaged metadata does not make the picture unreadable.
    package init(of bytes: UnsafeRawBufferPointer, format: ImageFormat) {
        let file = Reader(bytes: bytes)
        switch format {
        case .jpeg: self = file.jpegExif.flatMap(Reader.orientation) ?? .upright
        case .png: self = file.pngExif.flatMap(Reader.orientation) ?? .upright
        default: self = .upright
        }
    }
}

/// Bounds-checked reading of the two containers and of the TIFF structure inside EXIF.
private struct Reader {
    var bytes: UnsafeRawBufferPointer
    var littleEndian = false

    /// `count` bytes at `offset` as an unsigned number, nil outside the data.
    func number(at offset: Int, _ count: Int) -> Int? {
        guard offset >= 0, count <= self.bytes.count, offset <= self.bytes.count - count else { return nil }
        let field = self.bytes[offset..<offset + count]
        return self.littleEndian
            ? field.reversed().reduce(0) { $0 << 8 | Int($1) } : field.reduce(0) { $0 << 8 | Int($1) }
    }

    /// A part of the data, nil when it does not lie inside.
    func part(at offset: Int, _ count: Int) -> Reader? {
        guard offset >= 0, count >= 0, offset <= self.bytes.count, count <= self.bytes.count - offset else { return nil }
        return Reader(bytes: UnsafeRawBufferPointer(rebasing: self.bytes[offset..<offset + count]))
    }

    /// The TIFF block of the first EXIF segment before the picture data.
    var jpegExif: Reader? {
        var position = 2
        while let prefix = self.number(at: position, 1), prefix == 0xFF, let marker = self.number(at: position + 1, 1) {
            if marker == 0xFF {
                position += 1
                continue
            }
            if marker == 0xD9 || marker == 0xDA { return nil }
            if marker == 0x01 || (0xD0...0xD8).contains(marker) {
                position += 2
                continue
            }
            guard let length = self.number(at: position + 2, 2), length >= 2,
                let segment = self.part(at: position + 4, length - 2)
            else { return nil }
            if marker == 0xE1, segment.number(at: 0, 6) == 0x4578_6966_0000 {
                return segment.part(at: 6, segment.bytes.count - 6)
            }
            position += 2 + length
        }
        return nil
    }

    var pngExif: Reader? {
        var position = 8
        while let length = self.number(at: position, 4), let type = self.number(at: position + 4, 4),
            let data = self.part(at: position + 8, length)
        {
            if type == 0x6558_4966 { return data }
            position += 12 + length
        }
        return nil
    }

    /// Tag 274 of the first directory: type SHORT, count 1.
    static func orientation(in exif: Reader) -> Orientation? {
        var tiff = exif
        switch tiff.number(at: 0, 2) {
        case 0x4949: tiff.littleEndian = true
        case 0x4D4D: tiff.littleEndian = false
        default: return nil
        }
        guard tiff.number(at: 2, 2) == 42, let directory = tiff.number(at: 4, 4),
            let entries = tiff.number(at: directory, 2)
        else { return nil }
        for entry in 0..<entries {
            let offset = directory + 2 + entry * 12
            guard let tag = tiff.number(at: offset, 2) else { return nil }
            guard tag == 274 else { continue }
            guard tiff.number(at: offset + 2, 2) == 3, tiff.number(at: offset + 4, 4) == 1,
                let value = tiff.number(at: offset + 8, 2)
            else { return nil }
            return Orientation(rawValue: value)
        }
        return nil
    }
}
