#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a model package is: `card.json`, written by the exporter and believed by the daemon only after checking.
package struct ModelCard: Sendable, Hashable, Codable {
    /// Length and SHA-256 (64 lower-case hexadecimal digits) of a file.
    package struct FileDigest: Sendable, Hashable, Codable {
        package var bytes: Int
        package var sha256: String
        /// SHA-256 of each stretch of `partByteCount` bytes, the last one shorter; nil for a file of one part. A long file
        /// is verified by its parts, on several threads.
        package var parts: [String]?

        package static let partByteCount = 64 << 20

        package init(bytes: Int, sha256: String, parts: [String]? = nil) {
            self.bytes = bytes
            self.sha256 = sha256
            self.parts = parts
        }
    }

    /// Where a model comes from. Counts only: nothing here says who was in the training data.
    package struct Provenance: Sendable, Hashable, Codable {
        /// SHA-256 of the run's configuration.
        package var runConfigurationSHA256: String
        /// Name and version of the program that wrote the package.
        package var tool: String
        /// ISO 8601, UTC.
        package var created: String
        /// Counts of the training data by name: `images`, `patients`, `grade_0`.
        package var trainingData: [String: Int]

        package init(runConfigurationSHA256: String, tool: String, created: String, trainingData: [String: Int]) {
            self.runConfigurationSHA256 = runConfigurationSHA256
            self.tool = tool
            self.created = created
            self.trainingData = trainingData
        }

        private enum CodingKeys: String, CodingKey {
            case runConfigurationSHA256 = "run_config_sha256"
            case tool, created
            case trainingData = "training_data"
        }
    }

    /// The only format that this version reads and writes.
    package static let currentFormat = 1

    package var formatVersion = ModelCard.currentFormat
    package var name: String
    package var version: Int
    /// What the model does, with its `kind`.
    package var task: ModelTask
    /// The architecture as the run says it.
    package var architecture: JSONValue
    /// The training recipe as the run says it.
    package var recipe: JSONValue
    package var parameterCount: Int
    package var provenance: Provenance
    package var opset: Int
    /// Name of the model's input, float32 `[N, 3, H, W]`.
    package var input: String
    /// Name of the model's output, float32 logits of the task's `outputShape`.
    package var output: String
    /// Every file of the model by name: `model.onnx` and its weights.
    package var files: [String: FileDigest]
    /// Summary of `--validate`.
    package var validation: JSONValue?
    /// What `--validate` found about bfloat16; nil where it was not asked for, as in older cards.
    package var bfloat16: BFloat16Validation?
    /// Summary of `--benchmark`.
    package var benchmark: JSONValue?
    package var goldenSamples: [GoldenSample]

    package init(
        name: String, version: Int, task: ModelTask, architecture: JSONValue, recipe: JSONValue, parameterCount: Int,
        provenance: Provenance, opset: Int, input: String, output: String, files: [String: FileDigest],
        validation: JSONValue? = nil, bfloat16: BFloat16Validation? = nil, benchmark: JSONValue? = nil,
        goldenSamples: [GoldenSample]
    ) {
        self.name = name
        self.version = version
        self.task = task
        self.architecture = architecture
        self.recipe = recipe
        self.parameterCount = parameterCount
        self.provenance = provenance
        self.opset = opset
        self.input = input
        self.output = output
        self.files = files
        self.validation = validation
        self.bfloat16 = bfloat16
        self.benchmark = benchmark
        self.goldenSamples = goldenSamples
    }

    private enum CodingKeys: String, CodingKey {
        case formatVersion = "format_version"
        case name, version, task, architecture, recipe
        case parameterCount = "parameters"
        case provenance, opset, input, output, files, validation, bfloat16, benchmark
        case goldenSamples = "golden_samples"
    }
}

extension ModelCard {
    /// The file's name inside a package.
    package static let fileName = "card.json"
    /// The model's name inside a package.
    package static let modelFileName = "model.onnx"
    /// A card larger than this is refused.
    package static let largestFile = 16 << 20

    /// The card of a package's directory, checked.
    package static func load(directory: String) throws(PipelineError) -> ModelCard {
        let bytes = try readFile("\(directory)/\(Self.fileName)", name: Self.fileName, limit: Self.largestFile)
        return try ModelCard(json: bytes)
    }

    /// Parses and checks a card. Errors name the field.
    package init(json: [UInt8]) throws(PipelineError) {
        let decoder = JSONDecoder()
        let data = Data(json)
        do {
            self = try decoder.decode(ModelCard.self, from: data)
            let given = try decoder.decode(JSONValue.self, from: data)
            let known = try decoder.decode(JSONValue.self, from: JSONEncoder().encode(self))
            if let key = given.unknownKey(comparedTo: known) {
                throw PipelineError(.card, Self.fileName, "the field \(key) is unknown")
            }
        } catch let error as PipelineError {
            throw error
        } catch let error as DecodingError {
            throw PipelineError(.card, Self.fileName, fieldMessage(error))
        } catch {
            throw PipelineError(.card, Self.fileName, "\(error)")
        }
        try self.check()
    }

    /// The JSON of the card, with sorted keys; the same card gives the same bytes.
    package func encoded() throws(PipelineError) -> [UInt8] {
        try self.check()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        do {
            return [UInt8](try encoder.encode(self)) + [UInt8(ascii: "\n")]
        } catch {
            throw PipelineError(.card, Self.fileName, "cannot be written: a number is not finite")
        }
    }
}

/// What is wrong with which field.
private func fieldMessage(_ error: DecodingError) -> String {
    func path(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
        let keys = context.codingPath + (last.map { [$0] } ?? [])
        return keys.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context):
        return "the field \(path(context, key)) is missing"
    case .valueNotFound(_, let context):
        return "the field \(path(context)) is null"
    case .typeMismatch(let type, let context):
        return "the field \(path(context)) must be of type \(type)"
    case .dataCorrupted(let context) where context.codingPath.isEmpty:
        return "is no valid JSON"
    case .dataCorrupted(let context):
        return "the field \(path(context)) has a value that is not allowed"
    @unknown default:
        return "cannot be read"
    }
}
