/// A number with a fixed count of decimals, halves rounded away from zero; `-` for none, `inf` for infinity.
package func fixed(_ value: Double?, decimals: Int = 4) -> String {
    guard let value, !value.isNaN else { return "-" }
    guard value.isFinite else { return value < 0 ? "-inf" : "inf" }
    let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 0x1p62 else { return "\(value)" }
    let digits = String(Int(scaled))
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    let sign = value < 0 && scaled > 0 ? "-" : ""
    return sign + padded.dropLast(decimals) + (decimals > 0 ? "." : "") + padded.suffix(decimals)
}

/// Rows as lines of aligned columns: the first to the left, the others to the right.
func textTable(_ rows: [[String]]) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
        row.enumerated().map { column, cell in
            let gap = String(repeating: " ", count: widths[column] - cell.count)
            return column == 0 ? cell + (row.count > 1 ? gap : "") : gap + cell
        }.joined(separator: "  ")
    }.joined(separator: "\n")
}

/// `1 query`, `2 queries`.
func counted(_ count: Int, _ one: String, _ many: String) -> String {
    "\(count) \(count == 1 ? one : many)"
}
