/// What a model has that this program cannot compute, collected over the whole model, so that one error names it all.
struct Unsupported: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case operators
        case opsets
        case elementTypes = "element types"
        case attributes
        case parts
    }

    /// Names listed for one finding, and findings listed of one kind.
    private static let mostListed = 32

    /// For each kind what was found and where.
    private var findings: [Kind: [String: (count: Int, places: [String])]] = [:]

    var isEmpty: Bool { self.findings.isEmpty }

    /// - Parameter place: the node or tensor; operators are counted without places.
    mutating func add(_ kind: Kind, _ what: String, at place: String? = nil) {
        var finding = self.findings[kind]?[what] ?? (0, [])
        finding.count += 1
        if let place, finding.places.count < 4 { finding.places.append(place) }
        self.findings[kind, default: [:]][what] = finding
    }

    /// The error that names everything; nil when nothing was found.
    func error(_ model: String) -> OnnxError? {
        guard !self.isEmpty else { return nil }
        let code: OnnxError.Code =
            if self.findings[.operators] != nil {
                .unsupportedOperator
            } else if self.findings[.opsets] != nil {
                .unsupportedOpset
            } else {
                .unsupported
            }
        let parts = Kind.allCases.compactMap { kind -> String? in
            guard let found = self.findings[kind] else { return nil }
            let all = found.sorted { $0.key < $1.key }
            var texts = all.prefix(Self.mostListed).map { what, finding in
                kind == .operators ? "\(what) × \(finding.count)" : Self.text(what, finding)
            }
            if all.count > texts.count { texts.append("\(all.count - texts.count) more") }
            return "\(kind.rawValue) that are not supported: \(texts.joined(separator: ", "))"
        }
        return OnnxError(code, model.isEmpty ? "model" : model, parts.joined(separator: "; "))
    }

    private static func text(_ what: String, _ finding: (count: Int, places: [String])) -> String {
        let more = finding.count > finding.places.count ? " and \(finding.count - finding.places.count) more" : ""
        return finding.places.isEmpty ? what : "\(what) (\(finding.places.joined(separator: ", "))\(more))"
    }

    /// The name of an element type by its number in the standard.
    static func elementType(_ code: Int32) -> String {
        switch code {
        case 0: "undefined"
        case 8: "string"
        case 14: "complex64"
        case 15: "complex128"
        default: "number \(code)"
        }
    }
}
