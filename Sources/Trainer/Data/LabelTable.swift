/// The part of a data set that a picture belongs to, spelled as in a `split` column.
package enum SplitPart: String, Sendable, Hashable, CaseIterable {
    case train
    case validation = "val"
    case test

    /// Reads a `split` cell; `valid` and `validation` also mean `val`.
    package init?(cell: String) {
        switch cell.lowercased() {
        case "train", "training": self = .train
        case "val", "valid", "validation": self = .validation
        case "test": self = .test
        default: return nil
        }
    }
}

/// One picture with its grade.
package struct LabelRow: Sendable, Equatable {
    /// The picture's name without extension.
    package let id: String
    /// `0..<classes`; rows of several labels have the number of their set of labels.
    package let grade: Int
    /// A bit for each label that holds: that of the grade, or one for each column of ones. 0 for grades above 63.
    package let labels: UInt64
    /// The `patient_id` cell; nil where it is absent or empty.
    package let patientID: String?
    /// The `eye` cell as written; nil where it is absent or empty.
    package let eye: String?
    /// The `split` cell; nil where it is absent or empty.
    package let part: SplitPart?
    /// The line in the file, from 1.
    package let line: Int
    /// All cells in the order of ``LabelTable/columns``.
    package let cells: [String]

    func with(grade: Int) -> LabelRow {
        LabelRow(
            id: self.id, grade: grade, labels: self.labels, patientID: self.patientID, eye: self.eye, part: self.part,
            line: self.line, cells: self.cells)
    }

    /// Whose picture it is: the patient, or the picture itself where nobody is named.
    package var patient: String { self.patientID ?? self.id }
}

/// How a table says what a picture shows.
package enum LabelScheme: Sendable, Hashable {
    /// The label column holds a grade in `0..<classes`.
    case grades(classes: Int)
    /// A column of zeros and ones for each of these names, at most 64.
    case columns([String])
}

/// The names of the columns that are read.
package struct LabelColumns: Sendable, Equatable {
    package var id = "id_code"
    package var label = "diagnosis"
    package var patient = "patient_id"
    package var eye = "eye"
    package var split = "split"

    package init() {}
}

/// Pictures and their labels, read from a CSV file with the column `id_code`, those of the scheme (`diagnosis` for grades) and,
/// where there are such, `patient_id`, `eye` and `split`; other columns are kept.
package struct LabelTable: Sendable, Equatable {
    /// The file's name, without its folder.
    package let name: String
    /// The header.
    package let columns: [String]
    package let rows: [LabelRow]
    /// The number of classes that labels were checked against, or of different sets of labels.
    package let classes: Int

    /// Reads a table from the bytes of a CSV file; throws every problem that was found, see ``DataError``.
    package init(
        bytes: [UInt8], name: String, classes: Int, columns names: LabelColumns = LabelColumns()
    ) throws(DataError) {
        try self.init(bytes: bytes, name: name, scheme: .grades(classes: classes), columns: names)
    }

    /// Reads a table from the bytes of a CSV file; throws every problem that was found, see ``DataError``.
    package init(
        bytes: [UInt8], name: String, scheme: LabelScheme, columns names: LabelColumns = LabelColumns()
    ) throws(DataError) {
        let csv = try CSVFile(bytes, name: name)
        guard let header = csv.records.first else { throw DataError(.noRows, name, "the file is empty") }
        var reader = LabelReader(header: header, names: names, name: name, scheme: scheme)
        try reader.problems.raise(about: name)
        for record in csv.records.dropFirst() {
            reader.read(record)
        }
        reader.checkPatients()
        if csv.records.count == 1 {
            reader.problems.append(DataProblem(.noRows, file: name, "there is a header but no row"))
        }
        try reader.problems.raise(about: name)
        self.name = name
        self.columns = header.fields.map(\.text)
        switch scheme {
        case .grades(let classes):
            self.rows = reader.rows
            self.classes = classes
        case .columns:
            let sets = Set(reader.rows.map(\.labels)).sorted()
            self.rows = reader.rows.map { $0.with(grade: sets.firstIndex(of: $0.labels) ?? 0) }
            self.classes = sets.count
        }
    }

    private init(_ table: LabelTable, rows: [LabelRow]) {
        self.name = table.name
        self.columns = table.columns
        self.classes = table.classes
        self.rows = rows
    }

    /// The table without some rows, given by their numbers from 0.
    package func removing(_ numbers: Set<Int>) -> LabelTable {
        LabelTable(self, rows: self.rows.indices.filter { !numbers.contains($0) }.map { self.rows[$0] })
    }

    /// How many pictures have each grade, `[classes]`.
    package var gradeCounts: [Int] {
        self.rows.reduce(into: Array(repeating: 0, count: self.classes)) { $0[$1.grade] += 1 }
    }

    /// Refuses tables that share a picture or a patient, as a training and a test file must not.
    package static func checkApart(_ tables: [LabelTable]) throws(DataError) {
        var pictures: [String: (table: Int, line: Int)] = [:]
        var patients: [String: (table: Int, line: Int)] = [:]
        var problems: [DataProblem] = []
        for (number, table) in tables.enumerated() {
            for row in table.rows {
                if let first = pictures[row.id], first.table != number {
                    let place = "line \(first.line) of \(tables[first.table].name)"
                    problems.append(
                        DataProblem(.leakage, file: table.name, line: row.line, "picture '\(row.id)' is also on \(place)"))
                } else if let first = patients[row.patient], first.table != number {
                    let place = "line \(first.line) of \(tables[first.table].name)"
                    problems.append(
                        DataProblem(
                            .patientInTwoSplits, file: table.name, line: row.line,
                            "patient '\(row.patient)' is also on \(place)"))
                }
                if pictures[row.id] == nil { pictures[row.id] = (number, row.line) }
                if patients[row.patient] == nil { patients[row.patient] = (number, row.line) }
            }
        }
        try problems.raise(about: tables.map(\.name).joined(separator: ", "))
    }
}
