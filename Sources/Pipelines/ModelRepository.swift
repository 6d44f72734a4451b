/// The models of a directory `<name>/<version>/{model.onnx, model.onnx.data, card.json}`, the ensembles `<name>/model.yaml`, and
/// how far each has come.
///
/// A request's model name is only ever looked up here; no path is made of it.
package actor ModelRepository {
    /// Where a version of a model stands.
    package enum State: Sendable {
        case loading
        case ready(Served)
        case failed(PipelineError)
        /// There, but not asked for: an older version.
        case unloaded
    }

    /// A version of a model.
    package struct Entry: Sendable {
        package let name: String
        package let version: Int
        package var state: State
    }

    private let directory: String
    private let compute: ComputeSettings
    private var entries: [Entry] = []
    /// `model.yaml` by the model's name, or why it cannot be used.
    private var settings: [String: Result<ModelSettings, PipelineError>] = [:]
    private var isDraining = false

    /// - Parameter compute: how models compute whose `model.yaml` says nothing else.
    package init(directory: String, compute: ComputeSettings = ComputeSettings()) {
        self.directory = directory
        self.compute = compute
    }

    /// Finds what is there; the newest version of each name will be loaded, or all of them. Throws when there is nothing.
    package func scan(allVersions: Bool = false) throws(PipelineError) {
        var found: [Entry] = []
        var settings: [String: Result<ModelSettings, PipelineError>] = [:]
        for name in try directoryNames(self.directory) where ModelCard.isName(name) {
            let directory = "\(self.directory)/\(name)"
            let versions = try directoryNames(directory).compactMap(Self.version).sorted()
            let given = Result { () throws(PipelineError) in try Self.settings(directory, hasVersions: !versions.isEmpty) }
            if case .success(nil) = given { continue }
            settings[name] = given.map { $0 ?? ModelSettings() }
            if versions.isEmpty { found.append(Entry(name: name, version: ServedEnsemble.version, state: .loading)) }
            for version in versions {
                let isWanted = allVersions || version == versions.last
                found.append(Entry(name: name, version: version, state: isWanted ? .loading : .unloaded))
            }
        }
        guard !found.isEmpty else {
            throw PipelineError(.notFound, self.directory, "has no model; expected <name>/<version>/card.json in it")
        }
        self.entries = found
        self.settings = settings
    }

    /// The settings of a model's directory; nil when there is nothing to be served in it.
    private static func settings(_ directory: String, hasVersions: Bool) throws(PipelineError) -> ModelSettings? {
        let given = try ModelSettings.load(directory: directory)
        let isEnsemble = given?.ensemble != nil
        if isEnsemble, hasVersions {
            throw PipelineError(.settings, ModelSettings.fileName, "an ensemble needs a directory without versions of a model")
        }
        if given != nil, !isEnsemble, !hasVersions {
            throw PipelineError(
                .settings, ModelSettings.fileName, "there is no version of a model beside it, and it names no ensemble")
        }
        return hasVersions ? given ?? ModelSettings() : given
    }

    /// Loads what `scan` found, one after another, ensembles after all models. `report` hears of each when it is done.
    package func load(report: @Sendable (Entry) -> Void) async {
        let isLast = self.entries.map { entry in
            if case .success(let settings) = self.settings[entry.name] { settings.ensemble != nil } else { false }
        }
        for index in self.entries.indices.filter({ !isLast[$0] }) + self.entries.indices.filter({ isLast[$0] }) {
            let entry = self.entries[index]
            guard case .loading = entry.state else { continue }
            let settings = self.settings[entry.name] ?? .success(ModelSettings())
            self.entries[index].state = await self.loaded(entry, settings)
            report(self.entries[index])
        }
    }

    private func loaded(_ entry: Entry, _ settings: Result<ModelSettings, PipelineError>) async -> State {
        switch settings {
        case .failure(let error): .failed(error)
        case .success(let settings):
            if let ensemble = settings.ensemble {
                self.joined(entry.name, ensemble)
            } else {
                await Self.loaded(entry, settings, directory: self.directory, compute: self.compute)
            }
        }
    }

    /// The ensemble of members that have been loaded.
    private func joined(_ name: String, _ settings: EnsembleSettings) -> State {
        do throws(PipelineError) {
            return .ready(.ensemble(try ServedEnsemble(name: name, settings) { self.candidate($0) }))
        } catch {
            return .failed(error)
        }
    }

    private func candidate(_ name: String) -> ServedEnsemble.Candidate {
        guard let entry = self.entries.last(where: { $0.name == name }) else { return .absent("is unknown") }
        switch entry.state {
        case .ready(.model(let model)): return .ready(model)
        case .failed(let error): return .absent("is not ready: \(error.clientMessage)")
        case .loading, .unloaded, .ready(.ensemble): return .absent("is an ensemble, which cannot be a member")
        }
    }

    private static func loaded(
        _ entry: Entry, _ settings: ModelSettings, directory: String, compute: ComputeSettings
    ) async -> State {
        do {
            let model = try await ServedModel.load(
                directory: "\(directory)/\(entry.name)/\(entry.version)", compute: compute, settings: settings)
            guard model.card.name == entry.name, model.card.version == entry.version else {
                let text = "the field name or version is not that of the directory, \(entry.name)/\(entry.version)"
                return .failed(PipelineError(.card, ModelCard.fileName, text))
            }
            return .ready(.model(model))
        } catch let error as PipelineError {
            return .failed(error)
        } catch {
            return .failed(PipelineError(.model, entry.name, "\(error)"))
        }
    }

    /// A version number as a directory spells it: digits without a leading zero.
    package static func version(_ text: some StringProtocol) -> Int? {
        guard let number = Int(text), number >= 1, String(number) == String(text) else { return nil }
        return number
    }

    /// All versions of all models, by name and version.
    package var all: [Entry] { self.entries }

    /// Whether every model that should be is ready, and the daemon is not stopping.
    package var isReady: Bool {
        !self.isDraining && !self.entries.isEmpty
            && self.entries.allSatisfy { entry in
                switch entry.state {
                case .ready, .unloaded: true
                case .loading, .failed: false
                }
            }
    }

    /// From now on `isReady` is false; models go on answering.
    package func drain() { self.isDraining = true }

    /// A version of a model, the newest when `version` is nil.
    package func entry(_ name: String, version: Int? = nil) throws(PipelineError) -> Entry {
        guard ModelCard.isName(name) else { throw PipelineError(.notFound, "model", "unknown model name") }
        let named = self.entries.filter { $0.name == name }
        guard !named.isEmpty else { throw PipelineError(.notFound, "model \(name)", "is unknown") }
        guard let version else { return named[named.count - 1] }
        guard let entry = named.first(where: { $0.version == version }) else {
            throw PipelineError(.notFound, "model \(name)", "has no version \(version)")
        }
        return entry
    }

    /// A model or ensemble that is ready to answer.
    package func served(_ name: String, version: Int? = nil) throws(PipelineError) -> Served {
        let entry = try self.entry(name, version: version)
        switch entry.state {
        case .ready(let served):
            return served
        case .loading:
            throw PipelineError(.notReady, "model \(name)", "is still loading")
        case .unloaded:
            throw PipelineError(.notReady, "model \(name)", "version \(entry.version) is not loaded")
        case .failed(let error):
            throw PipelineError(.notReady, "model \(name)", "is not ready: \(error.clientMessage)")
        }
    }
}
