import Foundation
import Pipelines

extension NeighbourRequest {
    /// Reads `k=10&exclude_id=..&exclude_patient=..&label_all=a,b&label_any=..&label_none=..`, values percent-encoded, each key at
    /// most once. Other keys are refused: a condition that is not heard would change the answer.
    init(_ query: [Substring]) throws(DaemonError) {
        self.init()
        var seen: Set<String> = []
        for pair in query {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = String(parts[0])
            guard Self.keys.contains(key) else {
                throw DaemonError(.invalid, "query", "has an unknown key; keys are \(Self.keys.joined(separator: ", "))")
            }
            guard parts.count == 2, !parts[1].isEmpty else { throw DaemonError(.invalid, key, "has no value") }
            guard seen.insert(key).inserted else { throw DaemonError(.invalid, key, "is given twice") }
            try self.set(key, parts[1])
        }
    }

    private static let keys = ["k", "exclude_id", "exclude_patient", "label_all", "label_any", "label_none"]

    private mutating func set(_ key: String, _ value: Substring) throws(DaemonError) {
        switch key {
        case "k":
            guard let count = Int(value) else { throw DaemonError(.invalid, key, "must be a whole number") }
            self.count = count
        case "exclude_id": self.excludedID = try decoded(value, key)
        case "exclude_patient": self.excludedPatient = try decoded(value, key)
        case "label_all": self.all = try names(value, key)
        case "label_any": self.any = try names(value, key)
        default: self.none = try names(value, key)
        }
    }
}

/// Names between commas; a comma in a name is written as %2C.
private func names(_ value: Substring, _ key: String) throws(DaemonError) -> [String] {
    var names: [String] = []
    for part in value.split(separator: ",", omittingEmptySubsequences: false) { names.append(try decoded(part, key)) }
    return names
}

private func decoded(_ text: Substring, _ key: String) throws(DaemonError) -> String {
    guard let value = String(text).removingPercentEncoding else {
        throw DaemonError(.invalid, key, "is not percent-encoded UTF-8")
    }
    return value
}
