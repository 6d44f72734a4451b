/// The labels of pictures, from a CSV file: `id_code`; `diagnosis` with the number of the picture's label, or a column of 0 and 1 for
/// each label; and, where there is such a column, `patient_id`. Other columns are not used.
struct LabelFile: Sendable {
    struct Row: Sendable, Equatable {
        var id: String
        /// Nil where the column is absent or the cell empty.
        var patient: String?
        /// Bit i is label i of the model.
        var labels: UInt64
        var line: Int
    }

    /// How the file says which labels hold.
    private enum Labels {
        /// A column with the number of the one label.
        case number(Int)
        /// A column for each label.
        case columns([Int])
        case none
    }

    /// Larger files are refused before they are read.
    private static let largestFile = 256 << 20

    private(set) var rows: [Row] = []
    /// Columns that are not used.
    private(set) var unused: [String] = []

    /// Reads a file. What is wrong with it goes to `problems`, and the row at fault is left out.
    init(path: String, labelNames: [String], problems: inout ProblemList) throws(DaemonError) {
        self.init(try fileBytes(path, limit: Self.largestFile), labelNames: labelNames, problems: &problems)
    }

    init(_ bytes: [UInt8], labelNames: [String], problems: inout ProblemList) {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            problems.add("the file is UTF-16; save it as UTF-8")
            return
        }
        if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            problems.add("the file is a spreadsheet or ZIP archive; save it as CSV")
            return
        }
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        let (records, _, faults) = CSV.parse(text.last == UInt8(ascii: "\n") ? text : text + [UInt8(ascii: "\n")])
        for fault in faults { problems.add(fault.message, line: fault.line) }
        guard let header = records.first, header.cells != [""] else {
            problems.add("the file has no header", line: 1)
            return
        }
        var places: [String: Int] = [:]
        for (place, name) in header.cells.enumerated() where places.updateValue(place, forKey: name) != nil {
            problems.add("the column \(shown(name)) appears twice", line: header.line)
        }
        guard let id = places["id_code"] else {
            problems.add("there is no column id_code, the picture's name without its extension", line: header.line)
            return
        }
        guard let labels = Self.labels(places, labelNames, line: header.line, &problems) else { return }
        let known = Set(["id_code", "patient_id", "diagnosis"] + labelNames)
        self.unused = header.cells.filter { !known.contains($0) }
        self.read(records.dropFirst(), header.cells.count, id, labels, labelNames, patient: places["patient_id"], &problems)
    }

    /// Where the labels are; nil when the header does not say.
    private static func labels(
        _ places: [String: Int], _ names: [String], line: Int, _ problems: inout ProblemList
    ) -> Labels? {
        let list = names.map(shown).joined(separator: ", ")
        let columns = names.filter { places[$0] != nil && $0 != "diagnosis" }
        switch (places["diagnosis"], columns.isEmpty) {
        case (.some, false):
            problems.add("there are a column diagnosis and columns of labels (\(shown(columns[0]))); keep one kind", line: line)
            return nil
        case (.some, true) where names.isEmpty:
            problems.add("there is a column diagnosis, but the model knows no labels", line: line)
            return nil
        case (let place?, true):
            return .number(place)
        case (nil, false):
            for name in names where places[name] == nil {
                problems.add("there is no column for the model's label \(shown(name)); it has \(list)", line: line)
            }
            let found = names.compactMap { places[$0] }
            return found.count == names.count ? .columns(found) : nil
        case (nil, true):
            if names.isEmpty || places["patient_id"] != nil { return Labels.none }
            problems.add("there is no column diagnosis, and none named as a label of the model: \(list)", line: line)
            return nil
        }
    }

    private mutating func read(
        _ records: ArraySlice<CSV.Record>, _ width: Int, _ id: Int, _ labels: Labels, _ names: [String], patient: Int?,
        _ problems: inout ProblemList
    ) {
        var lines: [String: Int] = [:]
        var records = records
        while let last = records.last, last.cells == [""] { records.removeLast() }
        if records.isEmpty { problems.add("there is a header but no row") }
        for record in records {
            guard record.cells.count == width else {
                let message =
                    record.cells == [""] ? "the line is blank" : "\(record.cells.count) fields where the header has \(width)"
                problems.add(message, line: record.line)
                continue
            }
            let name = record.cells[id]
            let found = Self.bits(record.cells, labels, names, line: record.line, &problems)
            let patient = patient.flatMap { record.cells[$0].isEmpty ? nil : record.cells[$0] }
            if let first = lines[name] {
                problems.add("\(shown(name)) is already on line \(first)", line: record.line)
            } else if let fault = identifierFault(name) ?? patient.flatMap(identifierFault).map({ "patient_id: \($0)" }) {
                problems.add(fault, line: record.line)
            } else if let found {
                self.rows.append(Row(id: name, patient: patient, labels: found, line: record.line))
            }
            lines[name] = lines[name] ?? record.line
        }
    }

    /// The bits of a row's labels; nil when a cell has no meaning.
    private static func bits(
        _ cells: [String], _ labels: Labels, _ names: [String], line: Int, _ problems: inout ProblemList
    ) -> UInt64? {
        switch labels {
        case .none: return 0
        case .number(let place):
            guard let number = Int(cells[place]), names.indices.contains(number), !cells[place].hasPrefix("+") else {
                let reason =
                    cells[place].isEmpty ? "is empty" : "\(shown(cells[place])) is no label of the model: 0 to \(names.count - 1)"
                problems.add("diagnosis \(reason)", line: line)
                return nil
            }
            return 1 << UInt64(number)
        case .columns(let places):
            var bits: UInt64? = 0
            for (bit, place) in places.enumerated() {
                switch cells[place] {
                case "0": break
                case "1": bits = bits.map { $0 | 1 << UInt64(bit) }
                case let cell:
                    problems.add("\(shown(names[bit])) is \(shown(cell)) where 0 or 1 is meant", line: line)
                    bits = nil
                }
            }
            return bits
        }
    }
}

/// Why an index would not take the name of a picture or patient; nil when it does.
func identifierFault(_ name: String) -> String? {
    if name.isEmpty { return "the name is empty" }
    if name.utf8.count > 512 { return "the name has \(name.utf8.count) bytes, at most 512 are kept" }
    if !name.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) { return "the name has control characters" }
    return nil
}
