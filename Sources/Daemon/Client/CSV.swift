/// Comma-separated values as RFC 4180 has them.
package enum CSV {
    /// One record with its line end.
    package static func record(_ cells: [String]) -> String {
        cells.map(Self.quoted).joined(separator: ",") + "\n"
    }

    private static func quoted(_ cell: String) -> String {
        let needsQuotes = cell.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }
        guard needsQuotes else { return cell }
        return "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }

    /// A text that no spreadsheet takes for a formula: one that begins with `= + - @`, a tab, a return or an apostrophe gets
    /// an apostrophe before it.
    package static func protected(_ text: String) -> String {
        guard let first = text.unicodeScalars.first, "=+-@\t\r'".unicodeScalars.contains(first) else { return text }
        return "'" + text
    }

    /// The text that was protected.
    package static func unprotected(_ cell: String) -> String {
        cell.unicodeScalars.first == "'" ? String(String.UnicodeScalarView(cell.unicodeScalars.dropFirst())) : cell
    }

    private enum Place {
        case plain
        case quoted
        /// After a quote inside quotes: the end of the quotes, or the first half of a quote in the text.
        case afterQuote
    }

    /// One record with the line on which it starts, from 1.
    struct Record: Equatable {
        var cells: [String]
        var line: Int
    }

    /// What is wrong with a place in a file.
    struct Fault: Equatable {
        var line: Int
        var message: String
    }

    /// The whole records at the beginning of `bytes`, and how many bytes they take; a torn last record is left out.
    package static func records(_ bytes: [UInt8]) -> (records: [[String]], length: Int) {
        let parsed = Self.parse(bytes)
        return (parsed.records.map(\.cells), parsed.length)
    }

    /// As `records`, with the places of records and of what contradicts RFC 4180; that is read as well as it can be.
    static func parse(_ bytes: [UInt8]) -> (records: [Record], length: Int, faults: [Fault]) {
        var records: [Record] = []
        var faults: [Fault] = []
        var (cells, cell): ([String], [UInt8]) = ([], [])
        var (place, length) = (Place.plain, 0)
        var (line, recordLine, quoteLine) = (1, 1, 1)
        func text(_ cell: [UInt8]) -> String {
            if let text = String(validating: cell, as: UTF8.self) { return text }
            faults.append(Fault(line: recordLine, message: "the text is not UTF-8"))
            return String(decoding: cell, as: UTF8.self)
        }
        for (index, byte) in bytes.enumerated() {
            switch (place, byte) {
            case (.quoted, UInt8(ascii: "\"")):
                place = .afterQuote
            case (.quoted, _):
                cell.append(byte)
            case (.afterQuote, UInt8(ascii: "\"")):
                cell.append(byte)
                place = .quoted
            case (.plain, UInt8(ascii: "\"")) where cell.isEmpty:
                (place, quoteLine) = (.quoted, line)
            case (_, UInt8(ascii: ",")):
                cells.append(text(cell))
                (cell, place) = ([], .plain)
            case (_, UInt8(ascii: "\n")):
                if cell.last == UInt8(ascii: "\r") { cell.removeLast() }
                records.append(Record(cells: cells + [text(cell)], line: recordLine))
                (cells, cell, place) = ([], [], .plain)
                (length, recordLine) = (index + 1, line + 1)
            default:
                if place == .afterQuote, byte != UInt8(ascii: "\r") {
                    faults.append(Fault(line: line, message: "text follows a closing quote"))
                } else if place == .plain, byte == UInt8(ascii: "\"") {
                    faults.append(Fault(line: line, message: "a quote stands inside a field without quotes"))
                }
                cell.append(byte)
            }
            if byte == UInt8(ascii: "\n") { line += 1 }
        }
        if place == .quoted { faults.append(Fault(line: quoteLine, message: "a quote is never closed")) }
        return (records, length, faults)
    }
}
