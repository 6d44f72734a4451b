package import Imaging

/// What an embedding network's output means and how its inputs are made; `task.json` of a run and part of a model's card.
package struct RetrievalTask: Sendable, Hashable {
    /// Names of the labels that an index entry may have; the label of bit i is the name at i. At most 64.
    package var labelNames: [String]
    /// Elements of an embedding, whose length is 1.
    package var embeddingLength: Int
    /// As JSON the field `preprocessing` for pictures, `volume` for volumes.
    package var input: NetworkInput

    package init(labelNames: [String], embeddingLength: Int, input: NetworkInput) {
        self.labelNames = labelNames
        self.embeddingLength = embeddingLength
        self.input = input
    }

    /// Of pictures.
    package init(labelNames: [String], embeddingLength: Int, preprocessing: Preprocessing) {
        self.init(labelNames: labelNames, embeddingLength: embeddingLength, input: .picture(preprocessing))
    }

    /// The names of the labels whose bits are set.
    package func names(of labels: UInt64) -> [String] {
        self.labelNames.indices.filter { labels >> UInt64($0) & 1 == 1 }.map { self.labelNames[$0] }
    }
}

extension RetrievalTask: Codable {
    private enum CodingKeys: String, CodingKey {
        case labelNames, embeddingLength, preprocessing, volume
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.labelNames = try values.decode([String].self, forKey: .labelNames)
        self.embeddingLength = try values.decode(Int.self, forKey: .embeddingLength)
        if let volume = try values.decodeIfPresent(VolumePreprocessing.self, forKey: .volume) {
            self.input = .volume(volume)
        } else {
            self.input = .picture(try values.decode(Preprocessing.self, forKey: .preprocessing))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(self.labelNames, forKey: .labelNames)
        try values.encode(self.embeddingLength, forKey: .embeddingLength)
        switch self.input {
        case .picture(let preprocessing): try values.encode(preprocessing, forKey: .preprocessing)
        case .volume(let volume): try values.encode(volume, forKey: .volume)
        }
    }
}
