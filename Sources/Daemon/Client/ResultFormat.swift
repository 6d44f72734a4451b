import Pipelines

/// How rows are written: `.csv` or `.jsonl`.
package enum ResultFormat: Sendable, Hashable {
    /// With a header line and one column for each class, `p0`, `p1`, ...
    case csv(classes: Int)
    /// One JSON object on a line.
    case jsonLines

    /// The format of an output's name; nil for an extension that is neither.
    package init?(path: String, classes: Int) {
        let name = path.lowercased()
        if name.hasSuffix(".csv") {
            self = .csv(classes: classes)
        } else if name.hasSuffix(".jsonl") {
            self = .jsonLines
        } else {
            return nil
        }
    }

    /// The first line; empty where there is none.
    package var header: String {
        switch self {
        case .csv(let classes): CSV.record(Self.columns(classes))
        case .jsonLines: ""
        }
    }

    private static func columns(_ classes: Int) -> [String] {
        ["file", "status", "grade", "grade_name"] + (0..<classes).map { "p\($0)" } + [
            "referable_probability", "referable", "error_code", "error_message", "model", "model_version", "model_sha256",
            "file_sha256", "milliseconds", "time",
        ]
    }

    /// A row as one line, end included.
    package func line(_ row: ScreeningRow) -> String {
        switch self {
        case .jsonLines:
            return String(decoding: encodedJSON(row), as: UTF8.self) + "\n"
        case .csv(let classes):
            let probabilities = (0..<classes).map { index in
                row.probabilities.flatMap { $0.indices.contains(index) ? "\($0[index])" : nil } ?? ""
            }
            let found = [
                CSV.protected(row.file), row.status.rawValue, row.grade.map(String.init) ?? "",
                CSV.protected(row.gradeName ?? ""),
            ]
            let decision = [row.referableProbability.map { "\($0)" } ?? "", row.referable.map { "\($0)" } ?? ""]
            let failure = [CSV.protected(row.errorCode ?? ""), CSV.protected(row.errorMessage ?? "")]
            let origin = [
                CSV.protected(row.model), "\(row.modelVersion)", row.modelSHA256, row.fileSHA256 ?? "", "\(row.milliseconds)",
                row.time,
            ]
            return CSV.record(found + probabilities + decision + failure + origin)
        }
    }

    /// The whole rows of an output's bytes, and how many bytes they and the header take; what a crash tore off is left out.
    package func rows(_ bytes: [UInt8], path: String) throws(DaemonError) -> (rows: [ScreeningRow], length: Int) {
        switch self {
        case .jsonLines: try Self.jsonRows(bytes, path: path)
        case .csv(let classes): try Self.csvRows(bytes, classes: classes, path: path)
        }
    }

    private static func jsonRows(_ bytes: [UInt8], path: String) throws(DaemonError) -> (rows: [ScreeningRow], length: Int) {
        var rows: [ScreeningRow] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            guard let row = decodedJSON(ScreeningRow.self, from: bytes[start..<end]) else {
                throw DaemonError(
                    .file, path, "line \(rows.count + 1) was not written by dr screen; --restart overwrites the file")
            }
            rows.append(row)
            start = end + 1
        }
        return (rows, start)
    }

    private static func csvRows(
        _ bytes: [UInt8], classes: Int, path: String
    ) throws(DaemonError) -> (rows: [ScreeningRow], length: Int) {
        let (records, length) = CSV.records(bytes)
        guard let header = records.first else { return ([], 0) }
        let columns = Self.columns(classes)
        guard header == columns else {
            throw DaemonError(.file, path, "line 1 has other columns than this model's; --restart overwrites the file")
        }
        var rows: [ScreeningRow] = []
        for (index, cells) in records.enumerated().dropFirst() {
            let values = Dictionary(zip(columns, cells), uniquingKeysWith: { first, _ in first })
            guard cells.count == columns.count, let row = ScreeningRow(values, classes: classes) else {
                throw DaemonError(.file, path, "row \(index + 1) was not written by dr screen; --restart overwrites the file")
            }
            rows.append(row)
        }
        return (rows, length)
    }
}

extension ScreeningRow {
    /// A row of a CSV's cells by column; nil when one is missing or has no meaning.
    init?(_ cells: [String: String], classes: Int) {
        guard let file = cells["file"], let status = cells["status"].flatMap(Status.init(rawValue:)),
            let model = cells["model"], let version = cells["model_version"].flatMap({ Int($0) }),
            let hash = cells["model_sha256"], let milliseconds = cells["milliseconds"].flatMap({ Double($0) }),
            let time = cells["time"]
        else { return nil }
        let summary = ModelSummary(name: CSV.unprotected(model), version: version, sha256: hash)
        func text(_ column: String) -> String? { cells[column].flatMap { $0.isEmpty ? nil : CSV.unprotected($0) } }
        self.init(
            file: CSV.unprotected(file), status: status, model: summary, fileSHA256: text("file_sha256"),
            milliseconds: milliseconds, time: time)
        self.grade = cells["grade"].flatMap { Int($0) }
        self.gradeName = text("grade_name")
        let probabilities = (0..<classes).compactMap { cells["p\($0)"].flatMap { Double($0) } }
        self.probabilities = probabilities.isEmpty ? nil : probabilities
        self.referableProbability = cells["referable_probability"].flatMap { Double($0) }
        self.referable = cells["referable"].flatMap { Bool($0) }
        self.errorCode = text("error_code")
        self.errorMessage = text("error_message")
        guard status == .error || (self.grade != nil && probabilities.count == classes) else { return nil }
    }
}
