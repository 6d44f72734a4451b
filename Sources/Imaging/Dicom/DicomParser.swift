/// Where an element's value lies in the file's bytes.
struct DicomElement: Sendable, Hashable {
    var range: Range<Int>
    /// Whether the value is 16-bit words (`OW`), which matters for 8-bit pictures in big endian.
    var isWords: Bool
}

/// Reads the structure of a data set (DICOM PS3.5, section 7): where the top-level elements lie, and where the parts of an
/// encapsulated picture lie. Nested sequences are stepped over, not kept. Holds nothing but offsets; recursion and allocation
/// do not depend on what the file claims.
struct DicomParser {
    private var reader: ByteReader
    private var isExplicit: Bool
    private let subject: String
    private(set) var elements: [UInt32: DicomElement] = [:]
    /// The items of an encapsulated picture, the first of which is its offset table.
    private(set) var items: [Range<Int>] = []

    private static let deepest = 64
    private static let mostElements = 1 << 20

    init(_ reader: ByteReader, isExplicit: Bool, subject: String) {
        self.reader = reader
        self.isExplicit = isExplicit
        self.subject = subject
    }

    private struct Header {
        var tag: UInt32
        /// Two letters, zero in implicit syntaxes and for delimiters.
        var type: UInt16
        /// Nil when undefined.
        var length: Int?
    }

    /// Reads elements to the end, or while their group is `group`. Returns where it stopped.
    mutating func parse(whileGroup group: UInt16? = nil) throws(ImagingError) -> Int {
        while self.reader.left > 0 {
            let start = self.reader.position
            // What is left of a file whose end was padded with zeros.
            guard self.reader.left >= 8 else { break }
            if let group {
                // What follows may be written in another byte order and syntax.
                var next = self.reader
                if next.integer(UInt16.self) != group { return start }
            }
            let header = try self.header()
            try self.value(of: header)
            guard self.elements.count <= Self.mostElements else { throw self.corrupt("more than \(Self.mostElements) elements") }
        }
        return self.reader.position
    }

    private mutating func value(of header: Header) throws(ImagingError) {
        let start = self.reader.position
        // Delimiters at this level belong to nothing; writers that leave them behind are common.
        if header.tag >> 16 == 0xFFFE { return }
        let isPicture = header.tag == DicomTag.pixels
        guard !isPicture || self.elements[header.tag] == nil else { throw self.corrupt("two pictures, one after the other") }
        if let length = header.length {
            guard self.reader.skip(length) else {
                throw ImagingError(
                    .truncated, subject: self.subject,
                    "the DICOM file is cut short (element \(hexadecimal(header.tag)) needs \(length) bytes, "
                        + "\(self.reader.left) are left); copy or export it again")
            }
        } else {
            try self.skipUndefined(isPicture: isPicture, isUnknown: header.type == letters("UN"))
        }
        let isWords = header.type == letters("OW") || header.type == 0
        self.elements[header.tag] = DicomElement(range: start..<self.reader.position, isWords: isWords)
    }

    private mutating func header() throws(ImagingError) -> Header {
        guard let group = self.reader.integer(UInt16.self), let element = self.reader.integer(UInt16.self) else {
            throw self.endsInside("an element")
        }
        let tag = UInt32(group) << 16 | UInt32(element)
        if group == 0xFFFE || !self.isExplicit {
            guard let length = self.reader.integer(UInt32.self) else { throw self.endsInside("an element") }
            return Header(tag: tag, type: 0, length: length == .max ? nil : Int(length))
        }
        guard let first = self.reader.integer(UInt8.self), let second = self.reader.integer(UInt8.self) else {
            throw self.endsInside("an element")
        }
        let type = UInt16(first) << 8 | UInt16(second)
        guard let isLong = Self.types[type] else {
            throw self.corrupt("element \(hexadecimal(tag)) has a value representation that does not exist")
        }
        if !isLong {
            guard let length = self.reader.integer(UInt16.self) else { throw self.endsInside("an element") }
            return Header(tag: tag, type: type, length: Int(length))
        }
        guard self.reader.skip(2), let length = self.reader.integer(UInt32.self) else { throw self.endsInside("an element") }
        return Header(tag: tag, type: type, length: length == .max ? nil : Int(length))
    }

    /// Steps over a sequence, an unknown value or an encapsulated picture of undefined length, at any depth.
    private mutating func skipUndefined(isPicture: Bool, isUnknown: Bool) throws(ImagingError) {
        // Elements of undefined length hold items, items of undefined length hold elements. An unknown value is implicit inside.
        var inside = [(isItem: Bool, wasExplicit: Bool)]()
        inside.append((false, self.isExplicit))
        if isUnknown { self.isExplicit = false }
        while let level = inside.last {
            guard inside.count <= Self.deepest else { throw self.corrupt("sequences nested more than \(Self.deepest) deep") }
            let header = try self.header()
            if header.tag == (level.isItem ? DicomTag.itemEnd : DicomTag.sequenceEnd) {
                self.isExplicit = level.wasExplicit
                inside.removeLast()
            } else if level.isItem ? header.tag >> 16 == 0xFFFE : header.tag != DicomTag.item {
                throw self.corrupt("a sequence holds \(hexadecimal(header.tag)) where an item or a delimiter must be")
            } else if let length = header.length {
                let start = self.reader.position
                guard self.reader.skip(length) else { throw self.endsInside("a sequence") }
                if isPicture, inside.count == 1 { self.items.append(start..<start + length) }
                guard self.items.count <= Self.mostElements else { throw self.corrupt("too many parts of a picture") }
            } else {
                inside.append((!level.isItem, self.isExplicit))
                if header.type == letters("UN") { self.isExplicit = false }
            }
        }
    }

    private func endsInside(_ what: String) -> ImagingError {
        ImagingError(.truncated, subject: self.subject, "the DICOM file ends inside \(what); copy or export it again")
    }

    private func corrupt(_ what: String) -> ImagingError {
        ImagingError(.corrupt, subject: self.subject, "the DICOM file is damaged (\(what)); export it again")
    }

    /// The value representations, and whether their length has 32 bits (PS3.5, section 7.1.2).
    private static let types: [UInt16: Bool] = {
        let short = "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US"
        let long = "OB OD OF OL OV OW SQ SV UC UN UR UT UV"
        let pairs =
            short.split(separator: " ").map { (letters($0), false) } + long.split(separator: " ").map { (letters($0), true) }
        return Dictionary(uniqueKeysWithValues: pairs)
    }()
}

/// The two letters of a value representation as a number.
private func letters(_ text: some StringProtocol) -> UInt16 { text.utf8.prefix(2).reduce(0) { $0 << 8 | UInt16($1) } }

/// `(0028,0010)` for 0x00280010.
func hexadecimal(_ tag: UInt32) -> String {
    func four(_ number: UInt32) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
    return "(\(four(tag >> 16)),\(four(tag & 0xFFFF)))"
}
