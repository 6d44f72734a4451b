#if canImport(Glibc)
    import Glibc
#endif
import Settings

/// What an operator may change about a model: `models/<name>/model.yaml`, beside the versions.
///
/// ```yaml
/// test_time_augmentation: four_views
/// index: ../shared-index
/// precision: float32
/// threads: 4
/// streams: 2
/// pin: true
/// ```
/// or, in a directory without versions, models that answer together:
/// ```yaml
/// ensemble:
///   members: [{model: dr-vit, weight: 0.9}, {model: dr-convnext, weight: 0.92}]
///   quorum: 2
/// ```
package struct ModelSettings: Sendable, Hashable, Codable {
    /// Nil for none.
    package var testTimeAugmentation: TestTimeAugmentation?
    /// The directory of the model's index, relative to the model's; nil for `index`.
    package var index: String?
    /// Nil for what the daemon was started with; so are `threads`, `streams` and `pin`.
    package var precision: PrecisionChoice?
    /// Threads of all streams together.
    package var threads: Int?
    /// Requests that are computed at the same time.
    package var streams: Int?
    /// Each stream stays on cores of its own.
    package var pin: Bool?
    package var ensemble: EnsembleSettings?

    package init(
        testTimeAugmentation: TestTimeAugmentation? = nil, index: String? = nil, precision: PrecisionChoice? = nil,
        threads: Int? = nil, streams: Int? = nil, pin: Bool? = nil, ensemble: EnsembleSettings? = nil
    ) {
        self.testTimeAugmentation = testTimeAugmentation
        self.index = index
        self.precision = precision
        self.threads = threads
        self.streams = streams
        self.pin = pin
        self.ensemble = ensemble
    }
}

/// Models that answer together under a name of their own.
package struct EnsembleSettings: Sendable, Hashable, Codable {
    package struct Member: Sendable, Hashable, Codable {
        /// The name of a model; its newest version answers.
        package var model: String
        /// What its answer counts for, above 0; nil for 1.
        package var weight: Double?

        package init(model: String, weight: Double? = nil) {
            self.model = model
            self.weight = weight
        }
    }

    /// 2 to 16.
    package var members: [Member]
    /// How many members must be ready, nil for all; the others are left out, and every answer says so.
    package var quorum: Int?

    package init(members: [Member], quorum: Int? = nil) {
        self.members = members
        self.quorum = quorum
    }
}

extension ModelSettings {
    package static let fileName = "model.yaml"
    /// Where a model's index is unless the settings say otherwise.
    package static let indexName = "index"

    /// The settings in a model's directory; nil when there is no such file.
    static func load(directory: String) throws(PipelineError) -> ModelSettings? {
        let path = "\(directory)/\(Self.fileName)"
        guard access(path, F_OK) == 0 else { return nil }
        let bytes = try readFile(path, name: Self.fileName, limit: 1 << 20)
        return try ModelSettings(yaml: String(decoding: bytes, as: UTF8.self))
    }

    /// Reads and checks settings. Errors name the key.
    package init(yaml: String) throws(PipelineError) {
        do throws(SettingsError) {
            let given = try SettingsFile.tree(of: yaml, name: Self.fileName, sections: Self.keys)
            try SettingsFile.refuseUnknownKeys(given, known: SettingsFile.tree(of: Self.complete))
            self = try SettingsFile.decode(ModelSettings.self, from: given)
        } catch {
            let place = error.subject == Self.fileName ? "" : "the key \(error.subject) "
            throw PipelineError(.settings, Self.fileName, place + error.message)
        }
        try self.check()
    }

    private static let keys = "test_time_augmentation, index, precision, threads, streams, pin, ensemble"

    /// Every key, so that all names are known.
    private static var complete: ModelSettings {
        let members = [EnsembleSettings.Member(model: "", weight: 1)]
        return ModelSettings(
            testTimeAugmentation: TestTimeAugmentation.none, index: "", precision: .auto, threads: 1, streams: 1, pin: false,
            ensemble: EnsembleSettings(members: members, quorum: 1))
    }

    private func check() throws(PipelineError) {
        func require(_ holds: Bool, _ key: String, _ message: String) throws(PipelineError) {
            guard holds else { throw PipelineError(.settings, Self.fileName, "the key \(key) \(message)") }
        }
        try require(self.index?.isEmpty != true, "index", "is empty; give a directory, or leave the key out")
        try require(ComputeSettings.threadCounts.contains(self.threads ?? 1), "threads", "must be 1 to 1024")
        try require(ComputeSettings.streamCounts.contains(self.streams ?? 1), "streams", "must be 1 to 64")
        guard let ensemble = self.ensemble else { return }
        for (isGiven, key) in [
            (self.testTimeAugmentation != nil, "test_time_augmentation"), (self.index != nil, "index"),
            (self.precision != nil, "precision"), (self.threads != nil, "threads"), (self.streams != nil, "streams"),
            (self.pin != nil, "pin"),
        ] {
            try require(!isGiven, key, "belongs to the members of an ensemble, each its own")
        }
        try require((2...16).contains(ensemble.members.count), "ensemble.members", "must be 2 to 16 models")
        for (position, member) in ensemble.members.enumerated() {
            let key = "ensemble.members.\(position)"
            try require(ModelCard.isName(member.model), "\(key).model", "is no name of a model")
            let weight = member.weight ?? 1
            try require(weight.isFinite && weight > 0, "\(key).weight", "must be above 0")
            let isFirst = ensemble.members.firstIndex { $0.model == member.model } == position
            try require(isFirst, "\(key).model", "names \(member.model) again; give it one weight")
        }
        let quorum = ensemble.quorum ?? 1
        try require((1...ensemble.members.count).contains(quorum), "ensemble.quorum", "must be 1 to the number of members")
    }
}
