/// What is wrong with the input of a command: everything, told at once, before anything is written.
struct ProblemList: Sendable {
    /// At most this many are listed; the rest is counted.
    private static let largestReport = 20

    private var problems: [(line: Int?, message: String)] = []

    var isEmpty: Bool { self.problems.isEmpty }

    /// - Parameter line: of the file that `raise` names, from 1.
    mutating func add(_ message: String, line: Int? = nil) {
        self.problems.append((line, message))
    }

    /// Throws all of them, if there are any, in the order of their lines.
    func raise(about subject: String) throws(DaemonError) {
        guard !self.problems.isEmpty else { return }
        let ordered = self.problems.enumerated().sorted {
            ($0.element.line ?? Int.max, $0.offset) < ($1.element.line ?? Int.max, $1.offset)
        }
        let lines = ordered.prefix(Self.largestReport).map { _, problem in
            "  " + (problem.line.map { "line \($0): " } ?? "") + problem.message
        }
        let rest = self.problems.count - lines.count
        let count = self.problems.count == 1 ? "1 problem" : "\(self.problems.count) problems"
        let text = ["\(count); nothing was written"] + lines + (rest > 0 ? ["  and \(rest) more"] : [])
        throw DaemonError(.invalid, subject, text.joined(separator: "\n"))
    }
}

/// Text of a file as an error may show it: in quotes, short, without control characters.
func shown(_ text: String) -> String {
    let plain = printable(text)
    return "'\(plain.count > 60 ? plain.prefix(60) + "…" : plain)'"
}
