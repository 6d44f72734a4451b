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

    package struct Vote: Codable, Sendable, Hashable {
        package var label: String
        package var probability: Double
    }

    /// Neighbours that were asked for.
    package var k: Int
    /// Entries of the index.
    package var entries: Int
    /// What was done about entries of the query itself.
    package var selfMatch: String
    /// How equally near entries are ordered.
    package var ties: String
    /// What a person should know.
    package var note: String?
    package var neighbours: [Neighbour]
    package var votes: [Vote]
    package var model: AnsweringModel

    private enum CodingKeys: String, CodingKey {
        case k, entries, ties, note, neighbours, votes, model
        case selfMatch = "self_match"
    }
}
