import Pipelines

/// The answer of `POST /v2/models/M/embed`.
package struct EmbedReply: Codable, Sendable, Hashable {
    /// `[dimension]`, of length 1; the numbers give the same float32 back.
    package var embedding: [Float]
    package var dimension: Int
    /// Views of the picture that were averaged.
    package var views: Int
    package var model: AnsweringModel
    package var timings: AnswerTimings

    private enum CodingKeys: String, CodingKey {
        case embedding, dimension, views, model
        case timings = "timings_ms"
    }

    init(_ answer: EmbeddingAnswer, _ served: Served, _ timings: AnswerTimings) {
        self.embedding = answer.embedding
        self.dimension = answer.embedding.count
        self.views = answer.views
        self.model = AnsweringModel(served)
        self.timings = timings
    }
}

/// The answer of `POST /v2/models/M/query`.
package struct QueryReply: Codable, Sendable, Hashable {
    package struct Neighbour: Codable, Sendable, Hashable {
        /// From 1, the nearest.
        package var rank: Int
        package var id: String
        /// Absent where it is not known.
        package var patient: String?
        package var labels: [String]
        /// Euclidean, of vectors of length 1.
        package var distance: Double
        /// 1 - distance^2 / 2.
        package var cosine: Double
    }

    /// What a member of an ensemble found in its own index.
    package struct Member: Codable, Sendable, Hashable {
        package var entries: Int
        /// The ids of its nearest entries, nearest first.
        package var nearest: [String]
        /// Probabilities by label; empty without neighbours.
        package var votes: [String: Double]
    }

    /// Neighbours asked for.
    package var k: Int
    /// Entries of the index; of an ensemble the fewest of a member's.
    package var entries: Int
    /// What was done about entries of the query itself.
    package var selfMatch: String
    /// How equally near entries are ordered.
    package var tieRule: String
    /// What a person should know; absent for nothing.
    package var note: String?
    package var neighbours: [Neighbour]
    /// For each label the share of the neighbours that have it, weighted by 1 / distance; empty without neighbours.
    package var votes: [String: Double]
    /// The members of an ensemble; absent for a model.
    package var members: [VoteReply<Member>]?
    /// Views of the picture that were averaged, of all members together.
    package var views: Int
    package var model: AnsweringModel
    package var timings: AnswerTimings

    private enum CodingKeys: String, CodingKey {
        case k, entries, note, neighbours, votes, members, views, model
        case selfMatch = "self_match"
        case tieRule = "tie_rule"
        case timings = "timings_ms"
    }

    init(_ answer: NeighbourAnswer, to request: NeighbourRequest, _ served: Served, _ timings: AnswerTimings) {
        self.k = request.count
        self.entries = answer.entries
        self.selfMatch = request.selfMatch
        self.tieRule = answer.tieRule
        let notes = [served.note, answer.note].compactMap(\.self)
        self.note = notes.isEmpty ? nil : notes.joined(separator: "; ")
        self.neighbours = answer.neighbours.enumerated().map { index, entry in
            Neighbour(
                rank: index + 1, id: entry.id, patient: entry.patient, labels: entry.labels, distance: entry.distance,
                cosine: entry.cosine)
        }
        self.votes = votesByLabel(answer.labelVotes)
        self.members = VoteReply.replies(answer.votes) { found in
            Member(entries: found.entries, nearest: found.ids, votes: votesByLabel(found.labelVotes))
        }
        self.views = answer.views
        self.model = AnsweringModel(served)
        self.timings = timings
    }
}

private func votesByLabel(_ shares: [NeighbourAnswer.LabelShare]) -> [String: Double] {
    Dictionary(uniqueKeysWithValues: shares.map { ($0.label, $0.probability) })
}
