import Index
import Metrics

/// The embedding of a picture.
package struct EmbeddingAnswer: Sendable {
    /// Of length 1.
    package let embedding: [Float]
    /// Views of the picture that were averaged.
    package let views: Int
    package let timings: ServedModel.Timings
}

/// An entry of an index that is like a picture.
package struct RetrievedEntry: Sendable, Hashable {
    package let id: String
    package let patient: String?
    package let labels: [String]
    /// The Euclidean distance of the embeddings, of length 1 both.
    package let distance: Double
    /// The cosine of their angle: 1 - distance^2 / 2.
    package let cosine: Double
}

/// The pictures of an index that are most like one.
package struct NeighbourAnswer: Sendable {
    /// What a member of an ensemble found in its own index.
    package struct MemberAnswer: Sendable {
        package let entries: Int
        /// Its nearest entries, nearest first.
        package let ids: [String]
        package let labelVotes: [LabelShare]
    }

    /// How far the neighbours have a label, weighted by distance: 0 to 1.
    package struct LabelShare: Sendable, Hashable {
        package let label: String
        package let probability: Double
    }

    /// Nearest first.
    package let neighbours: [RetrievedEntry]
    /// One for each label of the model; empty without neighbours.
    package let labelVotes: [LabelShare]
    /// Entries of the index; of an ensemble the fewest of a member's.
    package let entries: Int
    /// How equally near entries are ordered.
    package let tieRule: String
    /// What a person should know, such as that the index is smaller than the number of neighbours asked for.
    package let note: String?
    /// Views of the picture that were averaged, of all members together.
    package let views: Int
    package let votes: [MemberVote<MemberAnswer>]
    package let timings: ServedModel.Timings
}

/// What a model found in its index.
struct IndexSearch: Sendable {
    let embedding: [Float]
    let neighbours: [Neighbour]
    let entries: Int
    let note: String?
    /// `[labels]`; nil without neighbours.
    let shares: [Double]?
    let timings: ServedModel.Timings
}

extension ServedModel {
    /// Decodes, prepares and embeds one picture: of several views the mean, divided by its length.
    package func embed(_ body: [UInt8]) async throws -> EmbeddingAnswer {
        try self.require(.retrieval)
        let (input, decoded) = try await self.decode(body)
        let answer = try await self.embed(input)
        return EmbeddingAnswer(embedding: answer.embedding, views: answer.views, timings: decoded + answer.timings)
    }

    func embed(_ input: RequestInput) async throws -> EmbeddingAnswer {
        let answer = try await self.outputs(input)
        let embedding: [Float]
        do throws(MetricError) {
            let views = try answer.outputs.map { values throws(MetricError) in
                try Embeddings(values: values, dimension: values.count)
            }
            embedding = views.count == 1 ? answer.outputs[0] : try Embeddings.mean(ofViews: views).values
        } catch {
            throw PipelineError(.execution, "model \(self.card.name)", "\(error)")
        }
        guard embedding.contains(where: { $0 != 0 }) else {
            throw PipelineError(.execution, "model \(self.card.name)", "gave an embedding without a direction")
        }
        return EmbeddingAnswer(embedding: embedding, views: answer.outputs.count, timings: answer.timings)
    }

    /// Embeds one picture and searches the model's index.
    package func neighbours(_ body: [UInt8], _ request: NeighbourRequest) async throws -> NeighbourAnswer {
        let task = try await self.retrievalTask(request)
        let (input, decoded) = try await self.decode(body)
        let found = try await self.search(input, request)
        return NeighbourAnswer(
            neighbours: found.neighbours.map { RetrievedEntry($0, task) }, labelVotes: labelShares(found.shares, task),
            entries: found.entries, tieRule: "equal distances in the order in which the entries were added", note: found.note,
            views: self.augmentation.views.count, votes: [], timings: decoded + found.timings)
    }

    /// The task, when the request fits it and there is an index; before anything is decoded.
    func retrievalTask(_ request: NeighbourRequest) async throws -> RetrievalTask {
        guard case .retrieval(let task) = self.card.task, let index = self.index else {
            throw PipelineError(self, wanted: .retrieval)
        }
        try request.check(task)
        try await self.onComputeThread { try index.check() }
        return task
    }

    /// The nearest entries of the model's own index.
    func search(_ input: RequestInput, _ request: NeighbourRequest) async throws -> IndexSearch {
        guard case .retrieval(let task) = self.card.task, let index = self.index else {
            throw PipelineError(self, wanted: .retrieval)
        }
        let answer = try await self.embed(input)
        let query = try request.query(answer.embedding, task)
        let (found, duration) = try await self.onComputeThread { try timed { try index.search(query, count: request.count) } }
        return IndexSearch(
            embedding: answer.embedding, neighbours: found.neighbours, entries: found.entries, note: found.note,
            shares: NeighbourVote.shares(
                distances: found.neighbours.map(\.distance), labels: found.neighbours.map(\.labels),
                labelCount: task.labelNames.count),
            timings: answer.timings + Timings(search: duration))
    }

    /// How near the entries of these names are in the model's own index, nil where there is none.
    func compare(_ embedding: [Float], with ids: [String]) async throws -> [Neighbour?] {
        guard let index = self.index else { throw PipelineError(self, wanted: .retrieval) }
        return try await self.onComputeThread { try index.compare(embedding, with: ids) }
    }
}

extension RetrievedEntry {
    init(_ neighbour: Neighbour, _ task: RetrievalTask) {
        self.init(
            id: neighbour.id, patient: neighbour.patient, labels: task.names(of: neighbour.labels),
            distance: neighbour.distance, cosine: neighbour.cosine)
    }
}

/// Shares with their labels.
func labelShares(_ shares: [Double]?, _ task: RetrievalTask) -> [NeighbourAnswer.LabelShare] {
    zip(task.labelNames, shares ?? []).map { NeighbourAnswer.LabelShare(label: $0, probability: $1) }
}
