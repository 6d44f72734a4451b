package import Pipelines

/// What a request asks for.
package enum Route: Sendable, Hashable {
    /// A model, and a version when the path names one.
    package struct Model: Sendable, Hashable {
        package var name: String
        package var version: Int?

        package init(name: String, version: Int? = nil) {
            self.name = name
            self.version = version
        }
    }

    case server
    case live
    case ready
    /// Our list of models with hashes and classes.
    case models
    /// Triton's index.
    case index
    case model(Model)
    case modelReady(Model)
    case infer(Model)
    case screen(Model)
    /// With outlines drawn into the picture where the query has `overlay=true`.
    case segment(Model, overlay: Bool)
    case embed(Model)
    case query(Model, NeighbourRequest)

    /// Parses a request line. An unknown path is `notFound`, a known one with another method `methodNotAllowed`.
    package init(method: String, target: String) throws(DaemonError) {
        guard target.utf8.count <= Self.longestTarget else {
            throw DaemonError(.invalid, "path", "is longer than \(Self.longestTarget) bytes with its query")
        }
        let path = target.prefix { $0 != "?" }
        guard path.utf8.count <= 1024 else { throw DaemonError(.invalid, "path", "is longer than 1024 bytes") }
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        let isWhole = path.hasPrefix("/") && !path.contains("//")
        let query = target.dropFirst(path.count + 1).split(separator: "&")
        guard isWhole, let (route, allowed) = try Self.lookUp(parts, query) else {
            throw DaemonError(.notFound, "path", "is unknown; see GET /v2")
        }
        guard method == allowed else {
            throw DaemonError(.methodNotAllowed, "method", "use \(allowed) for this path")
        }
        self = route
    }

    /// Bytes of a path with its query: labels, and a name of 512 bytes with every byte written as three.
    private static let longestTarget = 8192

    private static func lookUp(_ parts: [Substring], _ query: [Substring]) throws(DaemonError) -> (Route, String)? {
        guard parts.first == "v2" else { return nil }
        switch parts.dropFirst().map(String.init) {
        case []: return (.server, "GET")
        case ["health", "live"]: return (.live, "GET")
        case ["health", "ready"]: return (.ready, "GET")
        case ["models"]: return (.models, "GET")
        case ["repository", "index"]: return (.index, "POST")
        default: break
        }
        guard parts.count >= 3, parts[1] == "models" else { return nil }
        guard ModelCard.isName(parts[2]) else { throw DaemonError(.notFound, "model", "unknown model name") }
        var model = Model(name: String(parts[2]))
        var rest = parts.dropFirst(3)
        if rest.first == "versions" {
            guard let text = rest.dropFirst().first else { return nil }
            guard let version = ModelRepository.version(text) else {
                throw DaemonError(.notFound, "model \(model.name)", "unknown version; versions are whole numbers from 1")
            }
            model.version = version
            rest = rest.dropFirst(2)
        }
        switch rest.map(String.init) {
        case []: return (.model(model), "GET")
        case ["ready"]: return (.modelReady(model), "GET")
        case ["infer"]: return (.infer(model), "POST")
        case ["screen"]: return (.screen(model), "POST")
        case ["segment"]: return (.segment(model, overlay: query.contains("overlay=true")), "POST")
        case ["embed"]: return (.embed(model), "POST")
        case ["query"]: return (.query(model, try NeighbourRequest(query)), "POST")
        default: return nil
        }
    }

    /// The model that the request computes with; nil where nothing is computed.
    package var computingModel: Model? {
        switch self {
        case .infer(let model), .screen(let model), .segment(let model, _), .embed(let model), .query(let model, _): model
        case .server, .live, .ready, .models, .index, .model, .modelReady: nil
        }
    }
}
