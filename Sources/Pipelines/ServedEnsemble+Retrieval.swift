import Index

extension ServedEnsemble {
    /// Embeds one picture with every member, searches each member's own index, and ranks what any of them found by the weighted
    /// mean of the cosines in all of them.
    package func neighbours(_ body: [UInt8], _ request: NeighbourRequest) async throws -> NeighbourAnswer {
        guard case .retrieval(let task) = self.task else { throw PipelineError(self, wanted: .retrieval) }
        for member in self.members { _ = try await member.model.retrievalTask(request) }
        let (input, decoded) = try await self.members[0].model.decode(body)
        var timings = decoded
        var found: [IndexSearch] = []
        for member in self.members {
            let search = try await member.model.search(input, request)
            found.append(search)
            timings = timings + search.timings
        }
        let (candidates, duration) = try await self.candidates(found, request, task)
        timings.search += duration
        let weights = self.members.map(\.weight)
        let ranked = RankedCandidates(candidates, weights: weights, count: request.count, task)
        let voters = found.indices.filter { found[$0].shares != nil }
        let shares =
            voters.isEmpty
            ? nil : try meanProbabilities(voters.compactMap { found[$0].shares }, weights: voters.map { weights[$0] })
        let votes = zip(self.members, found).map { member, found in
            let ids = found.neighbours.map(\.id)
            return MemberVote(
                member,
                NeighbourAnswer.MemberAnswer(entries: found.entries, ids: ids, labelVotes: labelShares(found.shares, task)))
        }
        let notes =
            [ranked.note]
            + zip(self.members, found).map { member, found in
                found.note.map { "\(member.model.card.name): \($0)" }
            }
        return NeighbourAnswer(
            neighbours: ranked.neighbours, labelVotes: labelShares(shares, task),
            entries: found.map(\.entries).min() ?? 0, tieRule: "equal mean cosines in the order of the ids",
            note: joinedNote(notes), views: votes.map(\.views).reduce(0, +), votes: votes, timings: timings)
    }

    /// What any member found, as every member sees it: `[candidates][members]`.
    private func candidates(
        _ found: [IndexSearch], _ request: NeighbourRequest, _ task: RetrievalTask
    ) async throws -> ([[Neighbour?]], milliseconds: Double) {
        let clock = ContinuousClock()
        let start = clock.now
        let ids = Set(found.flatMap { $0.neighbours.map(\.id) }).sorted()
        var columns: [[Neighbour?]] = []
        for (member, found) in zip(self.members, found) {
            var known: [String: Neighbour] = [:]
            for neighbour in found.neighbours { known[neighbour.id] = neighbour }
            let missing = ids.filter { known[$0] == nil }
            // An entry may have another patient or other labels here than where it was found.
            let filter = try request.query(found.embedding, task)
            for neighbour in try await member.model.compare(found.embedding, with: missing) {
                guard let neighbour, filter.accepts(neighbour) else { continue }
                known[neighbour.id] = neighbour
            }
            columns.append(ids.map { known[$0] })
        }
        return (ids.indices.map { row in columns.map { $0[row] } }, milliseconds(clock.now - start))
    }
}

extension Query {
    /// Whether the entry may be found.
    fileprivate func accepts(_ neighbour: Neighbour) -> Bool {
        neighbour.id != self.excludedID && (self.excludedPatient == nil || neighbour.patient != self.excludedPatient)
            && self.labels.accepts(neighbour.labels)
    }
}

/// Entries by the weighted mean of their cosines, the largest first, equal ones by id. Those that a member lacks are left out.
private struct RankedCandidates {
    let neighbours: [RetrievedEntry]
    let note: String?

    /// - Parameter candidates: `[candidates][members]`, in the order of their ids.
    init(_ candidates: [[Neighbour?]], weights: [Double], count: Int, _ task: RetrievalTask) {
        let total = weights.reduce(0, +)
        let complete = candidates.compactMap { row -> RetrievedEntry? in
            let members = row.compactMap(\.self)
            guard members.count == weights.count, let first = members.first else { return nil }
            let cosine = zip(weights, members).reduce(0) { $0 + $1.0 * $1.1.cosine } / total
            return RetrievedEntry(
                id: first.id, patient: first.patient, labels: task.names(of: first.labels),
                distance: max(0, 2 - 2 * cosine).squareRoot(), cosine: cosine)
        }
        let ranked = complete.enumerated().sorted { ($1.element.cosine, $0.offset) < ($0.element.cosine, $1.offset) }
        self.neighbours = ranked.prefix(count).map(\.element)
        let missing = candidates.count - complete.count
        self.note = missing > 0 ? "\(missing) found by one member are left out, as the index of another has no such entry" : nil
    }
}

/// Notes as one; nil when there is none.
func joinedNote(_ notes: [String?]) -> String? {
    let notes = notes.compactMap(\.self)
    return notes.isEmpty ? nil : notes.joined(separator: "; ")
}
