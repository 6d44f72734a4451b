/// The models of a directory `<name>/<version>/{model.onnx, model.onnx.data, card.json}` and how far each has come.
///
/// A request's model name is only ever looked up here; no path is made of it.
package actor ModelRepository {
    /// Where a version of a model stands.
    package enum State: Sendable {
        case loading
        case ready(ServedModel)
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
    private let threads: Int
    private var entries: [Entry] = []
    private var isDraining = false

    /// - Parameter threads: size of each model's compute team.
    package init(directory: String, threads: Int) {
        self.directory = directory
        self.threads = threads
    }

    /// Finds what is there; the newest version of each name will be loaded, or all of them. Throws when there is nothing.
    package func scan(allVersions: Bool = false) throws(PipelineError) {
        var found: [Entry] = []
        for name in try directoryNames(self.directory) where ModelCard.isName(name) {
            let versions = try directoryNames("\(self.directory)/\(name)").compactMap(Self.version).sorted()
            for version in versions {
                let isWanted = allVersions || version == versions.last
                found.append(Entry(name: name, version: version, state: isWanted ? .loading : .unloaded))
            }
        }
        guard !found.isEmpty else {
            throw PipelineError(.notFound, self.directory, "has no model; expected <name>/<version>/card.json in it")
        }
        self.entries = found
    }

    /// Loads what `scan` found, one after another. `report` hears of each when it is done.
    package func load(report: @Sendable (Entry) -> Void) async {
        for (index, entry) in self.entries.enumerated() {
            guard case .loading = entry.state else { continue }
            self.entries[index].state = await Self.loaded(entry, directory: self.directory, threads: self.threads)
            report(self.entries[index])
        }
    }

    private static func loaded(_ entry: Entry, directory: String, threads: Int) async -> State {
        do {
            let model = try await ServedModel.load(
                directory: "\(directory)/\(entry.name)/\(entry.version)", threads: threads)
            guard model.card.name == entry.name, model.card.version == entry.version else {
                let text = "the field name or version is not that of the directory, \(entry.name)/\(entry.version)"
                return .failed(PipelineError(.card, ModelCard.fileName, text))
            }
            return .ready(model)
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

    /// A model that is ready to answer.
    package func model(_ name: String, version: Int? = nil) throws(PipelineError) -> ServedModel {
        let entry = try self.entry(name, version: version)
        switch entry.state {
        case .ready(let model):
            return model
        case .loading:
            throw PipelineError(.notReady, "model \(name)", "is still loading")
        case .unloaded:
            throw PipelineError(.notReady, "model \(name)", "version \(entry.version) is not loaded")
        case .failed(let error):
            throw PipelineError(.notReady, "model \(name)", "is not ready: \(error.clientMessage)")
        }
    }
}
