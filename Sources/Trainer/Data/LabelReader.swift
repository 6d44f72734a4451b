import Settings

/// Turns the records of a CSV file into label rows and collects what is wrong with them.
struct LabelReader {
    private let name: String
    private let scheme: LabelScheme
    private let header: [String]
    private let names: LabelColumns
    private let places: [String: Int]
    private var lineOfID: [String: Int] = [:]
    private(set) var rows: [LabelRow] = []
    var problems: [DataProblem] = []

    init(header: CSVFile.Record, names: LabelColumns, name: String, scheme: LabelScheme) {
        self.name = name
        self.scheme = scheme
        self.names = names
        self.header = header.fields.map(\.text)
        var places: [String: Int] = [:]
        for (place, field) in header.fields.enumerated() {
            if places[field.text] != nil {
                self.problems.append(
                    DataProblem(
                        .duplicateColumn, file: name, line: header.line, column: field.column, field: field.text,
                        "the column appears twice"))
            }
            places[field.text] = place
        }
        self.places = places
        let labels =
            switch scheme {
            case .grades: [names.label]
            case .columns(let columns): columns
            }
        for wanted in [names.id] + labels where places[wanted] == nil {
            let nearest = nearestName(to: wanted, among: self.header).map { "; the nearest is '\(shown($0))'" } ?? ""
            self.problems.append(
                DataProblem(
                    .missingColumn, file: name, line: header.line, field: wanted, "there is no column of this name\(nearest)"))
        }
    }

    mutating func read(_ record: CSVFile.Record) {
        if record.isBlank {
            self.problems.append(DataProblem(.blankLine, file: self.name, line: record.line, "the line is blank"))
            return
        }
        guard record.fields.count == self.header.count else {
            let message = "\(record.fields.count) fields where the header has \(self.header.count)"
            self.problems.append(DataProblem(.fieldCount, file: self.name, line: record.line, message))
            return
        }
        let found = self.problems.count
        let id = self.identifier(record)
        let label = self.label(record)
        let part = self.part(record)
        guard let id, let label, self.problems.count == found else { return }
        self.rows.append(
            LabelRow(
                id: id, grade: label.grade, labels: label.bits, patientID: self.cell(self.names.patient, record)?.text,
                eye: self.cell(self.names.eye, record)?.text, part: part, line: record.line, cells: record.fields.map(\.text)
            ))
    }

    /// Refuses patients whose pictures are in two parts.
    mutating func checkPatients() {
        var first: [String: LabelRow] = [:]
        for row in self.rows {
            guard let part = row.part else { continue }
            if let other = first[row.patient], let otherPart = other.part, otherPart != part {
                let message =
                    "patient '\(shown(row.patient))' is in '\(part.rawValue)' here and in '\(otherPart.rawValue)' on line \(other.line)"
                self.problems.append(
                    DataProblem(
                        .patientInTwoSplits, file: self.name, line: row.line, field: self.names.split, message))
            } else if first[row.patient] == nil {
                first[row.patient] = row
            }
        }
    }

    private mutating func identifier(_ record: CSVFile.Record) -> String? {
        guard let place = self.places[self.names.id] else { return nil }
        let field = record.fields[place]
        if let reason = reasonAgainst(identifier: field.text) {
            self.report(.badIdentifier, record, field, self.names.id, reason)
            return nil
        }
        if let first = self.lineOfID[field.text] {
            let message = "'\(shown(field.text))' is already on line \(first)"
            self.report(.duplicateIdentifier, record, field, self.names.id, message)
            return nil
        }
        self.lineOfID[field.text] = record.line
        return field.text
    }

    /// The grade and the bits of the labels; nil where a cell is wrong.
    private mutating func label(_ record: CSVFile.Record) -> (grade: Int, bits: UInt64)? {
        switch self.scheme {
        case .grades(let classes):
            guard let grade = self.grade(record, classes: classes) else { return nil }
            return (grade, grade < UInt64.bitWidth ? 1 << UInt64(grade) : 0)
        case .columns(let columns):
            var bits: UInt64 = 0
            var isRight = true
            for (index, column) in columns.enumerated() {
                guard let place = self.places[column] else { return nil }
                let field = record.fields[place]
                guard field.text == "0" || field.text == "1" else {
                    let message = field.text.isEmpty ? "the label is empty" : "'\(shown(field.text))' is neither 0 nor 1"
                    self.report(.badLabel, record, field, column, message)
                    isRight = false
                    continue
                }
                if field.text == "1" { bits |= 1 << UInt64(index) }
            }
            return isRight ? (0, bits) : nil
        }
    }

    private mutating func grade(_ record: CSVFile.Record, classes: Int) -> Int? {
        guard let place = self.places[self.names.label] else { return nil }
        let field = record.fields[place]
        guard let grade = Int(field.text), !field.text.hasPrefix("+") else {
            let message = field.text.isEmpty ? "the label is empty" : "'\(shown(field.text))' is not a whole number"
            self.report(.badLabel, record, field, self.names.label, message)
            return nil
        }
        guard (0..<classes).contains(grade) else {
            self.report(.badLabel, record, field, self.names.label, "\(grade) is outside 0…\(classes - 1)")
            return nil
        }
        return grade
    }

    private mutating func part(_ record: CSVFile.Record) -> SplitPart? {
        guard let field = self.cell(self.names.split, record) else { return nil }
        guard let part = SplitPart(cell: field.text) else {
            let known = SplitPart.allCases.map(\.rawValue).joined(separator: ", ")
            self.report(.badSplit, record, field, self.names.split, "'\(shown(field.text))' is none of \(known)")
            return nil
        }
        return part
    }

    /// A cell of an optional column; nil where the column is absent or the cell empty.
    private func cell(_ column: String, _ record: CSVFile.Record) -> CSVFile.Field? {
        guard let place = self.places[column], !record.fields[place].text.isEmpty else { return nil }
        return record.fields[place]
    }

    private mutating func report(
        _ code: DataError.Code, _ record: CSVFile.Record, _ field: CSVFile.Field, _ column: String, _ message: String
    ) {
        self.problems.append(
            DataProblem(code, file: self.name, line: record.line, column: field.column, field: column, message))
    }
}

/// Why a picture's name must not be used to build a path; nil when it may.
func reasonAgainst(identifier: String) -> String? {
    if identifier.isEmpty { return "the name is empty" }
    if identifier.utf8.count > 200 { return "the name is longer than 200 bytes" }
    if identifier.contains("/") || identifier.contains("\\") { return "the name holds a path separator" }
    if identifier.contains("..") { return "the name holds '..'" }
    if identifier.hasPrefix(".") { return "the name starts with '.'" }
    if identifier.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
        return "the name holds a control character"
    }
    if identifier.first == " " || identifier.last == " " { return "the name starts or ends with a space" }
    return nil
}

/// Text of a file as an error may show it: short, without control characters.
func shown(_ text: String) -> String {
    let plain = String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) })
    return plain.count > 60 ? plain.prefix(60) + "…" : plain
}
