/// The answers as the daemon gave them: one as it is, several as an array in the order of the pictures. A picture that failed has
/// `{"code", "error"}`.
func queryJSON(_ answers: [QueryAnswer]) -> String {
    answers.count == 1 ? answers[0].json + "\n" : "[" + answers.map(\.json).joined(separator: ",\n") + "]\n"
}

/// The answers as tables for a terminal, those of pictures that failed left out.
func queryTable(_ answers: [QueryAnswer]) -> String {
    answers.compactMap { answer in (try? answer.result.get()).map { table(answer, $0) } }.joined(separator: "\n")
}

private func table(_ answer: QueryAnswer, _ reply: QueryReply) -> String {
    let rows = reply.neighbours.map { neighbour in
        [
            "\(neighbour.rank)", printable(neighbour.id), printable(neighbour.patient ?? ""),
            printable(neighbour.labels.joined(separator: ", ")), decimal(neighbour.distance, 4), decimal(neighbour.cosine, 4),
        ]
    }
    let neighbours = aligned([["RANK", "ID", "PATIENT", "LABELS", "DISTANCE", "COSINE"]] + rows)
    let facts = [
        ["k", "\(reply.k)"], ["entries", "\(reply.entries)"], ["self match", reply.selfMatch], ["ties", reply.tieRule],
        ["model", "\(reply.model.name)/\(reply.model.version) \(reply.model.sha256.prefix(12))"],
    ]
    let notes = reply.note.map { [["note", $0]] } ?? []
    let votes = reply.rankedVotes.map { ["vote \(printable($0.label))", decimal($0.share, 3)] }
    return "\(printable(answer.picture))\n\(neighbours)\n\(aligned(facts + notes + votes))"
}

/// A number with a fixed count of decimals, rounded to the nearest.
func decimal(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "\(value)" }
    let scale = (0..<digits).reduce(1) { power, _ in power * 10 }
    let scaled = Int((value * Double(scale)).rounded())
    let fraction = String(abs(scaled) % scale)
    let padded = String(repeating: "0", count: digits - fraction.count) + fraction
    return "\(scaled < 0 ? "-" : "")\(abs(scaled) / scale).\(padded)"
}

extension QueryReply {
    /// The votes, the largest first, equal ones by their labels.
    var rankedVotes: [(label: String, share: Double)] {
        self.votes.map { (label: $0.key, share: $0.value) }.sorted { ($1.share, $0.label) < ($0.share, $1.label) }
    }
}
