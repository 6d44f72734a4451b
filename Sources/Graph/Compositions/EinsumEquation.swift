/// An equation of `Einsum` for operands of known ranks: which axes have one letter, and which letters the result keeps.
struct EinsumEquation {
    /// A letter, or an axis under the ellipsis counted from the right.
    enum Label: Hashable {
        case letter(Character)
        case ellipsis(Int)
    }

    /// For each operand its axes.
    let operands: [[Label]]
    let result: [Label]

    init(_ text: String, ranks: [Int]) throws(GraphError) {
        let parts = text.filter { $0 != " " }.split(separator: "->", omittingEmptySubsequences: false)
        let terms = parts[0].split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= 2, terms.count == ranks.count else {
            throw GraphError(.attribute, "Einsum", "\(text) for \(ranks.count) operands")
        }
        var operands: [[Label]] = []
        for (term, rank) in zip(terms, ranks) { operands.append(try Self.labels(String(term), rank: rank, in: text)) }
        self.operands = operands
        let broadcast = operands.joined().reduce(0) { if case .ellipsis(let place) = $1 { max($0, place) } else { $0 } }
        let all = operands.flatMap { $0 }
        if parts.count == 2 {
            let named = parts[1].filter { $0 != "." }.count
            let rank = parts[1].contains("...") ? named + broadcast : named
            self.result = try Self.labels(String(parts[1]), rank: rank, in: text)
            guard Set(self.result).count == self.result.count, Set(self.result).isSubset(of: all) else {
                throw GraphError(.attribute, "Einsum", "the result of \(text)")
            }
        } else {
            // The axes of the ellipsis, then the letters that occur once in order of the alphabet.
            let once = all.filter { label in all.count(where: { $0 == label }) == 1 }
            let letters = once.compactMap { if case .letter(let letter) = $0 { letter } else { nil } }.sorted()
            self.result = (0..<broadcast).map { .ellipsis(broadcast - $0) } + letters.map { .letter($0) }
        }
    }

    private static func labels(_ term: String, rank: Int, in text: String) throws(GraphError) -> [Label] {
        let sides = term.split(separator: "...", omittingEmptySubsequences: false)
        let letters = sides.reduce(0) { $0 + $1.count }
        guard sides.count <= 2, sides.count == 2 ? letters <= rank : letters == rank,
            sides.joined().allSatisfy({ $0.isASCII && $0.isLetter })
        else { throw GraphError(.attribute, "Einsum", "\(term) in \(text) for \(rank) axes") }
        let hidden = rank - letters
        let middle: [Label] = (0..<hidden).map { .ellipsis(hidden - $0) }
        return sides[0].map { .letter($0) } + middle + (sides.count == 2 ? sides[1].map { .letter($0) } : [])
    }
}
