extension DicomFile {
    func has(_ tag: UInt32) -> Bool { self.elements[tag].map { !$0.range.isEmpty } ?? false }

    func element(_ tag: UInt32) -> DicomElement? { self.elements[tag] }

    /// The text of an attribute without padding, nil when it is absent or longer than any that is asked for.
    func string(_ tag: UInt32) -> String? {
        guard let range = self.elements[tag]?.range, range.count <= 1024 else { return nil }
        return text(self.bytes, range)
    }

    /// A 16-bit number, nil when the attribute is absent or empty.
    func short(_ tag: UInt32) -> Int? {
        guard let range = self.elements[tag]?.range else { return nil }
        var reader = ByteReader(self.bytes, range: range, littleEndian: self.transferSyntax.isLittleEndian)
        return reader.integer(UInt16.self).map { Int($0) }
    }

    /// Decimal numbers separated by backslashes, nil when the attribute is absent or empty.
    func decimals(_ tag: UInt32) throws(ImagingError) -> [Double]? {
        guard let value = self.string(tag), !value.isEmpty else { return nil }
        var numbers: [Double] = []
        for part in value.utf8.split(separator: UInt8(ascii: "\\"), omittingEmptySubsequences: false) {
            let digits = String(Substring(part)).trimmed
            guard digits.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let number = Double(digits), number.isFinite
            else { throw self.corrupt("\(hexadecimal(tag)) is not a number") }
            numbers.append(number)
        }
        return numbers
    }

    /// One decimal number.
    func decimal(_ tag: UInt32) throws(ImagingError) -> Double? {
        guard let numbers = try self.decimals(tag) else { return nil }
        return numbers.first
    }

    func corrupt(_ what: String) -> ImagingError {
        ImagingError(.corrupt, subject: self.subject, "the DICOM file is damaged (\(what)); export it again")
    }

    func unsupported(_ what: String, _ advice: String) -> ImagingError {
        ImagingError(.unsupportedFormat, subject: self.subject, "\(what) is not supported; \(advice)")
    }
}

/// The bytes as text, without the spaces and zeros that pad it.
func text(_ bytes: [UInt8], _ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self).trimmed
}

extension String {
    /// Without spaces, zeros and line ends on both sides.
    fileprivate var trimmed: String {
        let isPadding: (Character) -> Bool = { $0 == " " || $0 == "\0" || $0.isNewline || $0 == "\t" }
        guard let first = self.firstIndex(where: { !isPadding($0) }), let last = self.lastIndex(where: { !isPadding($0) })
        else { return "" }
        return String(self[first...last])
    }
}
