#if canImport(Glibc)
    import Glibc
#endif

/// Rows of cells as columns, two spaces apart.
func aligned(_ rows: [[String]]) -> String {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in rows.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
        let cells = row.enumerated().map { column, cell in
            column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
        }
        return cells.joined(separator: "  ") + "\n"
    }.joined()
}

/// Writes a line to standard error.
func complain(_ text: String, end: String = "\n") {
    emit(text + end, to: 2)
}

/// Writes a line to standard output at once, so that whoever reads it knows it whole or not at all.
func say(_ text: String, end: String = "\n") {
    emit(text + end, to: 1)
}

private func emit(_ text: String, to descriptor: Int32) {
    // There is nobody to tell when the terminal or the pipe is gone.
    try? writeAll(Array(text.utf8), to: descriptor, "output")
}

/// Text without control characters, so that a file's name cannot drive the terminal.
func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) ? "?" : $0 }))
}
