package import Imaging

/// What an embedding network's output means and how its inputs are made; `task.json` of a run and part of a model's card.
package struct RetrievalTask: Sendable, Hashable, Codable {
    /// Names of the labels that an index entry may have; the label of bit i is the name at i. At most 64.
    package var labelNames: [String]
    /// Elements of an embedding, whose length is 1.
    package var embeddingLength: Int
    /// From a decoded picture to the network's input.
    package var preprocessing: Preprocessing

    package init(labelNames: [String], embeddingLength: Int, preprocessing: Preprocessing) {
        self.labelNames = labelNames
        self.embeddingLength = embeddingLength
        self.preprocessing = preprocessing
    }

    /// The names of the labels whose bits are set.
    package func names(of labels: UInt64) -> [String] {
        self.labelNames.indices.filter { labels >> UInt64($0) & 1 == 1 }.map { self.labelNames[$0] }
    }
}
