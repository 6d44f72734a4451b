import Pipelines

/// `GET /v2`.
struct ServerReply: Encodable {
    let name = "dr"
    let version = DrVersion.current
    let extensions = ["binary_tensor_data"]

    private enum CodingKeys: String, CodingKey { case name, version, extensions }
}

/// `GET /v2/models/M`.
struct ModelReply: Encodable {
    struct Port: Encodable {
        let name: String
        let datatype: String
        let shape: [Int]
    }

    let name: String
    let versions: [String]
    let platform: String
    let inputs: [Port]
    let outputs: [Port]
    /// `Served.precision`.
    let precision: String

    private enum CodingKeys: String, CodingKey { case name, versions, platform, inputs, outputs, precision }

    /// An ensemble has no tensors of its own.
    init(_ served: Served, versions: [Int]) {
        self.name = served.name
        self.versions = versions.map(String.init)
        self.precision = served.precision
        let (inputs, outputs): ([ModelPort], [ModelPort])
        switch served {
        case .model(let model): (self.platform, inputs, outputs) = ("onnx_onnxv1", model.inputs, model.outputs)
        case .ensemble: (self.platform, inputs, outputs) = ("ensemble", [], [])
        }
        self.inputs = inputs.map { Port(name: $0.name, datatype: $0.dataType.wireName, shape: $0.wireShape) }
        self.outputs = outputs.map { Port(name: $0.name, datatype: $0.dataType.wireName, shape: $0.wireShape) }
    }
}

/// A line of `POST /v2/repository/index`, as Triton writes it.
struct IndexReply: Encodable {
    let name: String
    let version: String
    let state: String
    let reason: String

    init(_ entry: ModelRepository.Entry) {
        self.name = entry.name
        self.version = String(entry.version)
        switch entry.state {
        case .loading: (self.state, self.reason) = ("LOADING", "")
        case .ready(let served): (self.state, self.reason) = ("READY", served.note ?? "")
        case .failed(let error): (self.state, self.reason) = ("UNAVAILABLE", error.clientMessage)
        case .unloaded: (self.state, self.reason) = ("UNAVAILABLE", "not loaded: an older version")
        }
    }
}

/// A line of `GET /v2/models`: what a client needs to know before it sends pictures.
package struct ModelSummary: Codable, Sendable, Hashable {
    package var name: String
    package var version: Int
    /// `LOADING`, `READY` or `UNAVAILABLE`.
    package var state: String
    package var reason: String
    package var sha256: String?
    package var classNames: [String]?
    /// `Served.precision`, and why.
    package var precision: String?
    package var computing: String?
    /// Whether the model takes volumes instead of pictures.
    package var takesVolumes: Bool?

    private enum CodingKeys: String, CodingKey {
        case name, version, state, reason, sha256, precision, computing
        case takesVolumes = "takes_volumes"
        case classNames = "class_names"
    }

    package init(name: String, version: Int, state: String = "READY", sha256: String?, classNames: [String]? = nil) {
        self.name = name
        self.version = version
        self.state = state
        self.reason = ""
        self.sha256 = sha256
        self.classNames = classNames
    }

    init(_ entry: ModelRepository.Entry) {
        let line = IndexReply(entry)
        self.name = entry.name
        self.version = entry.version
        self.state = line.state
        self.reason = line.reason
        if case .ready(let served) = entry.state {
            self.sha256 = served.sha256
            self.classNames = served.task.classNames
            self.precision = served.precision
            self.computing = served.computing
            if case .volume = served.task.input { self.takesVolumes = true }
        }
    }
}

/// The model or ensemble that answered.
package struct AnsweringModel: Codable, Sendable, Hashable {
    package var name: String
    package var version: Int
    /// `Served.sha256`.
    package var sha256: String
    /// `Served.precision`; nil from a daemon that does not say.
    package var precision: String?

    init(_ served: Served) {
        self.name = served.name
        self.version = served.version
        self.sha256 = served.sha256
        self.precision = served.precision
    }
}

/// What an answer took, in milliseconds.
package struct AnswerTimings: Codable, Sendable, Hashable {
    package var queue: Double
    package var decode: Double
    package var preprocess: Double
    package var compute: Double
    /// Of an index; absent where none was searched.
    package var search: Double?
    package var total: Double
}
