package import Imaging

/// What a model does; `task.json` of a run and part of a model's card, with the field `kind`.
package enum ModelTask: Sendable, Hashable {
    case screening(ScreeningTask)
    case segmentation(SegmentationTask)
    case retrieval(RetrievalTask)

    package enum Kind: String, Sendable, Codable, CaseIterable {
        case screening
        case segmentation
        case retrieval
    }

    package var kind: Kind {
        switch self {
        case .screening: .screening
        case .segmentation: .segmentation
        case .retrieval: .retrieval
        }
    }

    /// What the network is given.
    package var input: NetworkInput {
        switch self {
        case .screening(let task): .picture(task.preprocessing)
        case .segmentation(let task): .picture(task.preprocessing)
        case .retrieval(let task): task.input
        }
    }

    /// The same task for pictures that are prepared differently; a task for volumes stays as it is.
    package func prepared(by preprocessing: Preprocessing) -> ModelTask {
        switch self {
        case .screening(var task):
            task.preprocessing = preprocessing
            return .screening(task)
        case .segmentation(var task):
            task.preprocessing = preprocessing
            return .segmentation(task)
        case .retrieval(var task):
            if case .picture = task.input { task.input = .picture(preprocessing) }
            return .retrieval(task)
        }
    }

    /// Names of the output's channels, or of the labels of what is embedded.
    package var classNames: [String] {
        switch self {
        case .screening(let task): task.classNames
        case .segmentation(let task): task.classNames
        case .retrieval(let task): task.labelNames
        }
    }

    /// The output's shape for a batch: `[N, classes]`, `[N, classes, H, W]` of the input's size, or `[N, E]`.
    package func outputShape(batch: Int) -> [Int] {
        switch self {
        case .screening(let task): [batch, task.classNames.count]
        case .segmentation(let task):
            [batch, task.classNames.count, task.preprocessing.height, task.preprocessing.width]
        case .retrieval(let task): [batch, task.embeddingLength]
        }
    }
}

extension ModelTask: Codable {
    private enum CodingKeys: String, CodingKey {
        case kind
    }

    package init(from decoder: any Decoder) throws {
        switch try decoder.container(keyedBy: CodingKeys.self).decode(Kind.self, forKey: .kind) {
        case .screening: self = .screening(try ScreeningTask(from: decoder))
        case .segmentation: self = .segmentation(try SegmentationTask(from: decoder))
        case .retrieval: self = .retrieval(try RetrievalTask(from: decoder))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(self.kind, forKey: .kind)
        switch self {
        case .screening(let task): try task.encode(to: encoder)
        case .segmentation(let task): try task.encode(to: encoder)
        case .retrieval(let task): try task.encode(to: encoder)
        }
    }
}
