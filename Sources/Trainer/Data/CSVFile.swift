/// A comma-separated file (RFC 4180): quoted fields may hold commas, line ends and doubled quotes; lines end in LF or
/// CRLF; a UTF-8 byte order mark is skipped.
struct CSVFile {
    struct Field: Equatable {
        let text: String
        /// Where the field starts, from 1.
        let column: Int
    }

    struct Record: Equatable {
        let fields: [Field]
        /// The line on which the record starts, from 1.
        let line: Int

        /// A line of nothing but spaces.
        var isBlank: Bool { self.fields.count == 1 && self.fields[0].text.allSatisfy { $0 == " " || $0 == "\t" } }
    }

    /// All records, without blank ones at the end of the file.
    let records: [Record]

    init(_ bytes: [UInt8], name: String) throws(DataError) {
        var reader = Reader(bytes: bytes, name: name)
        try reader.checkEncoding()
        var records: [Record] = []
        while let record = try reader.record() {
            records.append(record)
        }
        while records.last?.isBlank == true { records.removeLast() }
        self.records = records
    }

    /// A field as it is written: quoted where it must be.
    static func quoted(_ text: String) -> String {
        let special = text.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
        guard special else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

private struct Reader {
    private let bytes: [UInt8]
    private let name: String
    private var place = 0
    private var line = 1
    private var lineStart = 0

    init(bytes: [UInt8], name: String) {
        self.bytes = bytes
        self.name = name
    }

    mutating func checkEncoding() throws(DataError) {
        if self.bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            self.place = 3
            self.lineStart = 3
        }
        if self.bytes.starts(with: [0xFF, 0xFE]) || self.bytes.starts(with: [0xFE, 0xFF]) {
            throw DataError(.malformedCSV, self.name, "the file is UTF-16; save it as UTF-8")
        }
        if self.bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            throw DataError(.malformedCSV, self.name, "the file is a spreadsheet or ZIP archive; save it as CSV")
        }
    }

    mutating func record() throws(DataError) -> CSVFile.Record? {
        guard self.place < self.bytes.count else { return nil }
        let line = self.line
        var fields: [CSVFile.Field] = []
        while true {
            fields.append(try self.field())
            guard self.place < self.bytes.count else { break }
            let separator = self.bytes[self.place]
            self.place += 1
            if separator == UInt8(ascii: ",") { continue }
            self.endLine(after: separator)
            break
        }
        return CSVFile.Record(fields: fields, line: line)
    }

    /// Reads up to a comma, a line end or the end of the file and stays before it.
    private mutating func field() throws(DataError) -> CSVFile.Field {
        let start = self.place
        let column = self.column(of: start)
        guard start < self.bytes.count, self.bytes[start] == UInt8(ascii: "\"") else {
            while self.place < self.bytes.count, !self.isSeparator(self.bytes[self.place]) { self.place += 1 }
            return CSVFile.Field(text: try self.text(self.bytes[start..<self.place], column), column: column)
        }
        let content = try self.quotedContent(column)
        if self.place < self.bytes.count, !self.isSeparator(self.bytes[self.place]) {
            throw self.problem(self.column(of: self.place), "text follows a closing quote")
        }
        return CSVFile.Field(text: try self.text(content[...], column), column: column)
    }

    private mutating func quotedContent(_ column: Int) throws(DataError) -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        let openLine = self.line
        var content: [UInt8] = []
        self.place += 1
        while self.place < self.bytes.count {
            let byte = self.bytes[self.place]
            self.place += 1
            if byte == quote {
                guard self.place < self.bytes.count, self.bytes[self.place] == quote else { return content }
                self.place += 1
            } else if byte == UInt8(ascii: "\n") {
                self.line += 1
                self.lineStart = self.place
            }
            content.append(byte)
        }
        let place = DataProblem(.malformedCSV, file: self.name, line: openLine, column: column, "a quote is never closed")
        throw DataError(self.name, problems: [place])
    }

    private mutating func endLine(after separator: UInt8) {
        let isPair = separator == 0x0D && self.place < self.bytes.count && self.bytes[self.place] == 0x0A
        if isPair { self.place += 1 }
        self.line += 1
        self.lineStart = self.place
    }

    private func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == 0x0A || byte == 0x0D
    }

    private func text(_ bytes: ArraySlice<UInt8>, _ column: Int) throws(DataError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw self.problem(column, "the text is not UTF-8") }
        guard !bytes.contains(0) else { throw self.problem(column, "the text holds a NUL byte") }
        return text
    }

    private func column(of place: Int) -> Int {
        1 + String(decoding: self.bytes[min(self.lineStart, place)..<place], as: UTF8.self).count
    }

    private func problem(_ column: Int, _ message: String) -> DataError {
        DataError(
            self.name,
            problems: [DataProblem(.malformedCSV, file: self.name, line: self.line, column: column, message)]
        )
    }
}
