/// The answer of `POST /v2/models/M/query`.
package struct QueryReply: PictureReply, Sendable, Hashable {
    package struct Neighbour: Codable, Sendable, Hashable {
        /// From 1.
        package var rank: Int
        package var id: String
        package var patient: String?
        package var labels: [String]
        package var distance: Double
        package var cosine: Double
    }

    /// Neighbours that were asked for.
    package var k: Int
    /// Entries of the index.
    package var entries: Int
    /// What was done about entries of the query itself.
    package var selfMatch: String
    /// How equally near entries are ordered.
    package var tieRule: String
    /// What a person should know.
    package var note: String?
    package var neighbours: [Neighbour]
    /// For each label the share of the neighbours that have it, weighted by 1 / distance; empty without neighbours.
    package var votes: [String: Double]
    package var model: AnsweringModel

    private enum CodingKeys: String, CodingKey {
        case k, entries, note, neighbours, votes, model
        case selfMatch = "self_match"
        case tieRule = "tie_rule"
    }
}
