/// How rows are written: `.csv` or `.jsonl`.
package enum ResultFormat<Found: Finding>: Sendable, Hashable {
    /// With a header line; `classes` is the number of the model's classes, which may each have a column.
    case csv(classes: Int)
    /// One JSON object on a line.
    case jsonLines

    package typealias Row = ResultRow<Found>

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
        case .csv(let classes): CSV.record(Row.columns(classes: classes))
        case .jsonLines: ""
        }
    }

    /// A row as one line, end included.
    package func line(_ row: Row) -> String {
        switch self {
        case .jsonLines: String(decoding: encodedJSON(row), as: UTF8.self) + "\n"
        case .csv(let classes): CSV.record(row.cells(classes: classes))
        }
    }

    /// The whole rows of an output's bytes, and how many bytes they and the header take; what a crash tore off is left out.
    package func rows(_ bytes: [UInt8], path: String) throws(DaemonError) -> (rows: [Row], length: Int) {
        switch self {
        case .jsonLines: try Self.jsonRows(bytes, path: path)
        case .csv(let classes): try Self.csvRows(bytes, classes: classes, path: path)
        }
    }

    private static func jsonRows(_ bytes: [UInt8], path: String) throws(DaemonError) -> (rows: [Row], length: Int) {
        var rows: [Row] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            guard let row = decodedJSON(Row.self, from: bytes[start..<end]) else {
                throw DaemonError(
                    .file, path, "line \(rows.count + 1) was not written by this command; --restart overwrites the file")
            }
            rows.append(row)
            start = end + 1
        }
        return (rows, start)
    }

    private static func csvRows(
        _ bytes: [UInt8], classes: Int, path: String
    ) throws(DaemonError) -> (rows: [Row], length: Int) {
        let (records, length) = CSV.records(bytes)
        guard let header = records.first else { return ([], 0) }
        let columns = Row.columns(classes: classes)
        guard header == columns else {
            throw DaemonError(.file, path, "line 1 has other columns than this model's; --restart overwrites the file")
        }
        var rows: [Row] = []
        for (index, cells) in records.enumerated().dropFirst() {
            let values = Dictionary(zip(columns, cells), uniquingKeysWith: { first, _ in first })
            guard cells.count == columns.count, let row = Row(values, classes: classes) else {
                throw DaemonError(
                    .file, path, "row \(index + 1) was not written by this command; --restart overwrites the file")
            }
            rows.append(row)
        }
        return (rows, length)
    }
}
