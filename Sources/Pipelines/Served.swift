import Runtime

/// What answers under a name: a model, or an ensemble of several.
package enum Served: Sendable {
    case model(ServedModel)
    case ensemble(ServedEnsemble)

    package var name: String {
        switch self {
        case .model(let model): model.card.name
        case .ensemble(let ensemble): ensemble.name
        }
    }

    package var version: Int {
        switch self {
        case .model(let model): model.card.version
        case .ensemble: ServedEnsemble.version
        }
    }

    package var sha256: String {
        switch self {
        case .model(let model): model.sha256
        case .ensemble(let ensemble): ensemble.sha256
        }
    }

    package var task: ModelTask {
        switch self {
        case .model(let model): model.card.task
        case .ensemble(let ensemble): ensemble.task
        }
    }

    /// The precision that answers; those of an ensemble's members with commas between them.
    package var precision: String {
        switch self {
        case .model(let model): model.precision.precision.rawValue
        case .ensemble(let ensemble):
            Set(ensemble.members.map(\.model.precision.precision.rawValue)).sorted().joined(separator: ",")
        }
    }

    /// Requests that compute at the same time; an ensemble asks its members one after another.
    package var streams: Int {
        switch self {
        case .model(let model): model.options.streams
        case .ensemble(let ensemble): ensemble.members.map(\.model.options.streams).min() ?? 1
        }
    }

    /// How it computes in a line for people.
    package var computing: String {
        switch self {
        case .model(let model): model.computing
        case .ensemble(let ensemble): "\(ensemble.members.count) members, \(self.precision)"
        }
    }

    /// Which members of an ensemble are left out and why; nil when none is.
    package var note: String? {
        switch self {
        case .model: nil
        case .ensemble(let ensemble): ensemble.note
        }
    }

    /// Screens one PNG, JPEG or DICOM picture.
    package func screen(_ body: [UInt8]) async throws -> ScreeningAnswer {
        switch self {
        case .model(let model): try await model.screen(body)
        case .ensemble(let ensemble): try await ensemble.screen(body)
        }
    }

    /// Segments one picture, with outlines drawn into it where `overlay` asks for them.
    package func segment(_ body: [UInt8], overlay: Bool) async throws -> SegmentationAnswer {
        switch self {
        case .model(let model): try await model.segment(body, overlay: overlay)
        case .ensemble(let ensemble): try await ensemble.segment(body, overlay: overlay)
        }
    }

    /// Embeds one picture. An ensemble has no embedding.
    package func embed(_ body: [UInt8]) async throws -> EmbeddingAnswer {
        try await self.single("has an embedding for each of its members: ask a member").embed(body)
    }

    /// The entries of the model's index that are most like one picture.
    package func neighbours(_ body: [UInt8], _ request: NeighbourRequest) async throws -> NeighbourAnswer {
        switch self {
        case .model(let model): try await model.neighbours(body, request)
        case .ensemble(let ensemble): try await ensemble.neighbours(body, request)
        }
    }

    /// The one model; throws with the advice for an ensemble.
    package func single(_ advice: String) throws(PipelineError) -> ServedModel {
        switch self {
        case .model(let model): return model
        case .ensemble(let ensemble):
            throw PipelineError(.input, "model \(ensemble.name)", "is an ensemble and \(advice)", detail: "ensemble")
        }
    }
}

extension PipelineError {
    /// A model asked for something that it does not do.
    init(_ model: ServedModel, wanted: ModelTask.Kind) {
        self.init(model.card.name, does: model.card.task.kind, wanted: wanted)
    }

    init(_ ensemble: ServedEnsemble, wanted: ModelTask.Kind) {
        self.init(ensemble.name, does: ensemble.task.kind, wanted: wanted)
    }

    private init(_ name: String, does kind: ModelTask.Kind, wanted: ModelTask.Kind) {
        self.init(
            .input, "model \(name)", "is for \(kind.rawValue), not for \(wanted.rawValue)", detail: "wrong_task")
    }
}
