/// The candidate with the smallest edit distance, if it is below half the name's length, rounded up.
package func nearestName(to name: String, among candidates: [String]) -> String? {
    let limit = (name.utf8.count + 1) / 2
    let distances = candidates.prefix(5000).map { (editDistance(name, $0, limit: limit), $0) }
    guard let best = distances.min(by: { $0 < $1 }), best.0 < limit else { return nil }
    return best.1
}

/// Levenshtein distance of the bytes; `limit` or more where the lengths already differ by that.
private func editDistance(_ first: String, _ second: String, limit: Int) -> Int {
    let first = Array(first.utf8.prefix(256))
    let second = Array(second.utf8.prefix(256))
    guard abs(first.count - second.count) < limit else { return max(limit, 1) }
    var row = Array(0...second.count)
    for (i, byte) in first.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, other) in second.enumerated() {
            let replaced = diagonal + (byte == other ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
        }
    }
    return row[second.count]
}
