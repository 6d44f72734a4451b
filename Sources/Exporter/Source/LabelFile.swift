import Foundation

/// A label table `id_code,diagnosis[,patient_id][,split]`, as far as the exporter reads it: RFC 4180 with a header.
package struct LabelFile: Sendable {
    /// One picture.
    package struct Row: Sendable, Hashable {
        package let id: String
        package let label: Int
        package let patient: String?
        /// The `split` cell.
        package let part: String?
        /// From 1.
        package let line: Int
    }

    /// The file's name without its folder.
    package let name: String
    package let rows: [Row]

    package init(path: String) throws(ExportError) {
        let name = URL(fileURLWithPath: path).lastPathComponent
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ExportError(.data, path, "the label table cannot be read")
        }
        guard let text = String(validating: data, as: UTF8.self) else { throw ExportError(.data, name, "is not UTF-8") }
        try self.init(text: text, name: name)
    }

    package init(text: String, name: String) throws(ExportError) {
        var records = Self.records(text)
        guard !records.isEmpty else { throw ExportError(.data, name, "is empty") }
        let header = records.removeFirst().cells
        func column(_ wanted: String) -> Int? { header.firstIndex(of: wanted) }
        guard let id = column("id_code"), let label = column("diagnosis") else {
            throw ExportError(.data, "\(name), line 1", "needs the columns id_code and diagnosis")
        }
        let patient = column("patient_id")
        let part = column("split")
        var rows: [Row] = []
        for record in records {
            guard record.cells.count == header.count else {
                let message = "has \(record.cells.count) fields where the header has \(header.count)"
                throw ExportError(.data, "\(name), line \(record.line)", message)
            }
            guard let grade = Int(record.cells[label]), grade >= 0 else {
                throw ExportError(.data, "\(name), line \(record.line), diagnosis", "is not a whole number from 0 on")
            }
            func cell(_ column: Int?) -> String? { column.map { record.cells[$0] }.flatMap { $0.isEmpty ? nil : $0 } }
            rows.append(
                Row(id: record.cells[id], label: grade, patient: cell(patient), part: cell(part), line: record.line))
        }
        guard !rows.isEmpty else { throw ExportError(.data, name, "has a header but no row") }
        self.name = name
        self.rows = rows
    }

    /// The records with the line on which each starts; blank lines are passed over.
    private static func records(_ text: String) -> [(line: Int, cells: [String])] {
        var records: [(line: Int, cells: [String])] = []
        var cells: [String] = []
        var cell = String.UnicodeScalarView()
        var (line, start, isQuoted) = (1, 1, false)
        func endCell() {
            cells.append(String(cell))
            cell = String.UnicodeScalarView()
        }
        func endRecord() {
            endCell()
            if cells != [""] { records.append((start, cells)) }
            cells = []
        }
        var scalars = text.unicodeScalars.drop { $0 == "\u{FEFF}" }
        while let scalar = scalars.popFirst() {
            if scalar == "\n" { line += 1 }
            switch scalar {
            case "\"":
                if isQuoted && scalars.first == "\"" {
                    cell.append(scalar)
                    scalars.removeFirst()
                } else {
                    isQuoted.toggle()
                }
            case "," where !isQuoted: endCell()
            case "\r" where !isQuoted && scalars.first == "\n": break
            case "\n" where !isQuoted:
                endRecord()
                start = line
            default: cell.append(scalar)
            }
        }
        if !cell.isEmpty || !cells.isEmpty { endRecord() }
        return records
    }
}
