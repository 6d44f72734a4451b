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

    /// The whole records at the beginning of `bytes`, and how many bytes they take; a torn last record is left out.
    package static func records(_ bytes: [UInt8]) -> (records: [[String]], length: Int) {
        var records: [[String]] = []
        var (cells, cell): ([String], [UInt8]) = ([], [])
        var (place, length) = (Place.plain, 0)
        for (index, byte) in bytes.enumerated() {
            switch (place, byte) {
            case (.quoted, UInt8(ascii: "\"")):
                place = .afterQuote
            case (.quoted, _):
                cell.append(byte)
            case (.afterQuote, UInt8(ascii: "\"")):
                cell.append(byte)
                place = .quoted
            case (.plain, UInt8(ascii: "\"")):
                place = .quoted
            case (_, UInt8(ascii: ",")):
                cells.append(String(decoding: cell, as: UTF8.self))
                (cell, place) = ([], .plain)
            case (_, UInt8(ascii: "\n")):
                if cell.last == UInt8(ascii: "\r") { cell.removeLast() }
                records.append(cells + [String(decoding: cell, as: UTF8.self)])
                (cells, cell, place) = ([], [], .plain)
                length = index + 1
            default:
                cell.append(byte)
            }
        }
        return (records, length)
    }
}
