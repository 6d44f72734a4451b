package import Foundation

extension LabelTable {
    /// Larger files are refused before they are read.
    private static let largestFile = 256 << 20

    /// Reads a table from a file.
    package init(file: URL, classes: Int, columns: LabelColumns = LabelColumns()) throws(DataError) {
        try self.init(file: file, scheme: .grades(classes: classes), columns: columns)
    }

    /// Reads a table from a file.
    package init(file: URL, scheme: LabelScheme, columns: LabelColumns = LabelColumns()) throws(DataError) {
        let bytes = try readFile(file, largest: LabelTable.largestFile)
        try self.init(bytes: Array(bytes), name: file.lastPathComponent, scheme: scheme, columns: columns)
    }

    /// The table as CSV with a `split` column of `parts`, one for each row; an existing `split` column is replaced.
    package func csv(parts: [SplitPart], splitColumn: String = "split") -> String {
        precondition(parts.count == self.rows.count, "parts and rows differ in length")
        let place = self.columns.firstIndex(of: splitColumn)
        let header = place == nil ? self.columns + [splitColumn] : self.columns
        var lines = [header.map(CSVFile.quoted).joined(separator: ",")]
        for (row, part) in zip(self.rows, parts) {
            var cells = row.cells
            if let place { cells[place] = part.rawValue } else { cells.append(part.rawValue) }
            lines.append(cells.map(CSVFile.quoted).joined(separator: ","))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Writes ``csv(parts:splitColumn:)`` to a file, whole or not at all.
    package func save(parts: [SplitPart], to file: URL) throws(DataError) {
        try writeWhole(Data(self.csv(parts: parts).utf8), to: file)
    }
}
