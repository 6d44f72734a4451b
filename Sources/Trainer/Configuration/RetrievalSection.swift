package import Graph

extension TrainingConfiguration {
    /// How embeddings are learned and judged.
    package struct RetrievalSection: Sendable, Hashable, Codable {
        package var loss = RetrievalLossName.triplet
        /// Which negative a triplet takes.
        package var mining = TripletMining.Choice.semiHard
        /// By how much a negative is to be farther than a positive: squared distance for `triplet`, distance for `batch_hard`.
        package var margin: Float = 0.2
        /// Batches of `triplet` and `batch_hard` hold so many classes with so many pictures each.
        package var classesPerBatch = 2
        package var samplesPerClass = 8
        /// Most batches of an epoch for these; nil for all that the classes give.
        package var batchesPerEpoch: Int?
        /// Elements of an embedding.
        package var embeddingLength = 128
        /// Units of the adapter's hidden layer and the share of them that is dropped in training.
        package var hiddenUnits = 512
        package var dropout: Float = 0.5
        /// Share of the training pictures that are embedded after each epoch, as the database in which is searched.
        package var trainEvalShare = 0.25

        package init() {}
    }

    package enum RetrievalLossName: String, Sendable, Hashable, Codable, CaseIterable {
        case triplet
        case batchHard = "batch_hard"
        case microF1 = "micro_f1"
    }
}
