package import Foundation
package import Pipelines

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
    let platform = "onnx_onnxv1"
    let inputs: [Port]
    let outputs: [Port]

    private enum CodingKeys: String, CodingKey { case name, versions, platform, inputs, outputs }

    init(_ model: ServedModel, versions: [Int]) {
        self.name = model.card.name
        self.versions = versions.map(String.init)
        self.inputs = model.inputs.map { Port(name: $0.name, datatype: $0.dataType.wireName, shape: $0.wireShape) }
        self.outputs = model.outputs.map { Port(name: $0.name, datatype: $0.dataType.wireName, shape: $0.wireShape) }
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
        case .ready: (self.state, self.reason) = ("READY", "")
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

    private enum CodingKeys: String, CodingKey {
        case name, version, state, reason, sha256
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
        if case .ready(let model) = entry.state {
            self.sha256 = model.sha256
            self.classNames = model.card.task.classNames
        }
    }
}

/// The model that answered.
package struct AnsweringModel: Codable, Sendable, Hashable {
    package var name: String
    package var version: Int
    /// `ModelCard.modelSHA256`.
    package var sha256: String

    init(_ model: ServedModel) {
        self.name = model.card.name
        self.version = model.card.version
        self.sha256 = model.sha256
    }
}

/// What an answer took, in milliseconds.
package struct AnswerTimings: Codable, Sendable, Hashable {
    package var queue: Double
    package var decode: Double
    package var preprocess: Double
    package var compute: Double
    package var total: Double
}

/// The answer of `POST /v2/models/M/screen`.
package struct ScreenReply: Codable, Sendable, Hashable {
    package var grade: Int
    package var gradeName: String
    package var probabilities: [Double]
    package var referable: ScreeningResult.Referable?
    package var model: AnsweringModel
    package var timings: AnswerTimings

    private enum CodingKeys: String, CodingKey {
        case grade, probabilities, referable, model
        case gradeName = "grade_name"
        case timings = "timings_ms"
    }
}

/// The answer of `POST /v2/models/M/segment`.
package struct SegmentReply: Codable, Sendable, Hashable {
    package struct Class: Codable, Sendable, Hashable {
        package var name: String
        /// Pixels of the picture that belong to the class, and their share of all.
        package var area: Int
        package var fraction: Double
        /// A grey PNG of the picture's size, 255 where the class is; base64 in JSON.
        package var mask: Data
    }

    /// Of the picture, in pixels.
    package var width: Int
    package var height: Int
    package var classes: [Class]
    /// Probability above which a pixel belongs to a class.
    package var threshold: Double
    /// The picture with outlines, a PNG; base64 in JSON. Absent unless asked for.
    package var overlay: Data?
    package var model: AnsweringModel
    package var timings: AnswerTimings

    init(_ result: SegmentationResult, model: AnsweringModel, timings: AnswerTimings) throws {
        self.width = result.width
        self.height = result.height
        self.classes = try result.classes.map { segmented in
            Class(
                name: segmented.name, area: segmented.area,
                fraction: Double(segmented.area) / Double(result.width * result.height),
                mask: Data(try segmented.png(width: result.width, height: result.height)))
        }
        self.threshold = result.threshold
        self.overlay = result.overlay.map { Data($0) }
        self.model = model
        self.timings = timings
    }

    private enum CodingKeys: String, CodingKey {
        case width, height, classes, threshold, overlay, model
        case timings = "timings_ms"
    }
}
