package import Graph
import Imaging
import Index
import OnnxFormat
package import Runtime

/// A model package that was verified and answers for pictures: card, weights, preprocessing and decision in one.
package final class ServedModel: Sendable {
    package let card: ModelCard
    /// `ModelCard.modelSHA256` of what was verified.
    package let sha256: String
    package let inputs: [ModelPort]
    package let outputs: [ModelPort]
    package let augmentation: TestTimeAugmentation
    package let precision: ChosenPrecision
    /// Of an embedding network.
    let index: ServedIndex?
    private let session: Session
    private let decoders: DecodingThreads

    private init(
        _ card: ModelCard, _ session: Session, _ precision: ChosenPrecision, augmentation: TestTimeAugmentation, index: String
    ) throws(RuntimeError) {
        self.card = card
        self.sha256 = card.modelSHA256
        self.augmentation = augmentation
        self.precision = precision
        if case .retrieval(let task) = card.task {
            let vectors = IndexModel(
                sha256: self.sha256, dimension: task.embeddingLength, isAugmented: augmentation.views.count > 1,
                isBFloat16: precision.precision == .bfloat16)
            self.index = ServedIndex(path: index, name: card.name, model: vectors)
        } else {
            self.index = nil
        }
        self.session = session
        self.inputs = session.model.inputs.map { ModelPort($0) }
        self.outputs = session.model.outputs.map { ModelPort($0) }
        self.decoders = try DecodingThreads(count: max(1, min(session.options.threads * session.options.streams, 4)))
    }

    /// Loads a package and returns it once it has earned trust: every file has the size and SHA-256 of the card, and
    /// every golden sample is reproduced.
    ///
    /// What is hashed is what was mapped, so a file that is replaced meanwhile changes nothing.
    /// - Parameters:
    ///   - directory: holds `card.json`, `model.onnx` and its weight files.
    ///   - compute: how it computes where `settings` say nothing else.
    ///   - settings: what an operator changed; `index` is relative to the directory above `directory`.
    package static func load(
        directory: String, compute: ComputeSettings = ComputeSettings(), settings: ModelSettings = ModelSettings()
    ) async throws -> ServedModel {
        let card = try ModelCard.load(directory: directory)
        let augmentation = settings.testTimeAugmentation ?? .none
        try checkViews(of: card, augmentation)
        try checkSizes(card, directory: directory)
        let compute = compute.changed(by: settings)
        let precision = ChosenPrecision(compute.precision, card.bfloat16)
        let index = settings.index ?? ModelSettings.indexName
        let model: ServedModel
        do throws(RuntimeError) {
            let session = try Session(
                path: "\(directory)/\(ModelCard.modelFileName)", options: compute.options(precision.precision))
            model = try ServedModel(
                card, session, precision, augmentation: augmentation,
                index: index.hasPrefix("/") ? index : "\(directoryAbove(directory))/\(index)")
        } catch {
            throw PipelineError(error, isLoading: true)
        }
        try model.checkInterface()
        try await model.verifyHashes()
        try await model.verifyGoldenSamples()
        return model
    }
}

extension ServedModel {
    /// Threads of a request, streams and their places.
    package var options: SessionOptions { self.session.options }

    /// Precision and threads in a line for people.
    package var computing: String {
        let threads = "\(self.options.threads) thread\(self.options.threads == 1 ? "" : "s")"
        let streams = self.options.streams == 1 ? threads : "\(self.options.streams) streams of \(threads)"
        return "\(self.precision.precision) (\(self.precision.reason)), \(streams)\(self.options.pinsThreads ? ", pinned" : "")"
    }

    /// Runs `body` on a decoding thread.
    func decoding<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await self.decoders.run(body)
    }

    /// Runs `body` on the first stream's compute thread, between two runs of the model.
    func onComputeThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await self.session.perform(body)
    }

    /// Throws unless the model does a task of this kind.
    func require(_ kind: ModelTask.Kind) throws(PipelineError) {
        guard self.card.task.kind == kind else { throw PipelineError(self, wanted: kind) }
    }

    /// Runs the model on tensors that `inputs` accept; returns all outputs by name.
    package func infer(_ tensors: [String: Tensor]) async throws -> [String: Tensor] {
        do {
            return try await self.session.run(tensors)
        } catch let error as RuntimeError {
            throw PipelineError(error, isLoading: false)
        }
    }

    /// The elements of the output of an input, row-major.
    func output(_ input: Tensor) async throws -> [Float] {
        let outputs = try await self.infer([self.card.input: input])
        let shape = self.card.task.outputShape(batch: input.shape[0])
        guard let output = outputs[self.card.output], output.type == TensorType(.float32, shape) else {
            throw PipelineError(.execution, self.card.output, "is not float32\(shape)")
        }
        return output.array(of: Float.self)
    }
}

extension ServedModel {
    /// The model file has the input and output that the card says, and reads exactly the files that the card lists.
    private func checkInterface() throws(PipelineError) {
        let input = TensorType(.float32, self.card.task.input.shape(batch: 1))
        guard self.inputs.count == 1, let port = self.inputs.first, port.name == self.card.input, port.accepts(input) else {
            throw PipelineError(.model, ModelCard.modelFileName, "does not take the card's input \(self.card.input): \(input)")
        }
        guard self.outputs.contains(where: { $0.name == self.card.output && $0.dataType == .float32 }) else {
            throw PipelineError(.model, ModelCard.modelFileName, "has no float32 output \(self.card.output)")
        }
        let used = Set(self.session.model.files.map(\.path))
        if let extra = used.subtracting(self.card.files.keys).min() {
            throw PipelineError(.card, ModelCard.fileName, "the model reads \(extra), which the field files does not list")
        }
        if let missing = Set(self.card.files.keys).subtracting(used).min() {
            throw PipelineError(.card, ModelCard.fileName, "the field files lists \(missing), which the model does not read")
        }
    }

    /// Hashes the mapped bytes of every file, long ones in parts on all threads.
    private func verifyHashes() async throws {
        for file in self.session.model.files {
            let expected = self.card.files[file.path]
            let parts = expected?.parts ?? [expected?.sha256 ?? ""]
            let isWhole = expected?.parts == nil
            let good = try await withThrowingTaskGroup(of: Bool.self) { group in
                for (index, hash) in parts.enumerated() {
                    group.addTask {
                        try await self.decoders.run {
                            defer { withExtendedLifetime(file.contents) {} }
                            let bytes = UnsafeRawBufferPointer(file.contents.bytes)
                            return Pipelines.sha256(of: isWhole ? bytes : ModelCard.FileDigest.part(index, of: bytes)) == hash
                        }
                    }
                }
                return try await group.allSatisfy(\.self)
            }
            guard good else {
                throw PipelineError(.hashMismatch, file.path, "the file's SHA-256 is not the card's; export the model again")
            }
        }
    }

    /// Samples are of float32; of bfloat16 more is accepted, as much as the card says.
    private func verifyGoldenSamples() async throws {
        let tolerance: Double? =
            switch self.precision.precision {
            case .float32: nil
            case .bfloat16: BFloat16Validation.goldenTolerance(self.card.bfloat16)
            }
        for (index, sample) in self.card.goldenSamples.enumerated() {
            let input = try await self.decoders.run { sample.input.tensor() }
            if let mismatch = sample.mismatch(try await self.output(input), tolerance: tolerance) {
                throw PipelineError(.goldenSample, "golden sample \(index)", mismatch)
            }
        }
    }
}

/// The directory that names this one, also where it is a link to somewhere else.
private func directoryAbove(_ path: String) -> String {
    let parts = path.split(separator: "/")
    return (path.hasPrefix("/") ? "/" : parts.count > 1 ? "" : ".") + parts.dropLast().joined(separator: "/")
}

/// The listed files are there and have their sizes; cheap, so it comes before mapping.
private func checkSizes(_ card: ModelCard, directory: String) throws(PipelineError) {
    for name in card.files.keys.sorted() {
        guard let wanted = card.files[name]?.bytes else { continue }
        let found = try fileSize("\(directory)/\(name)", name: name)
        guard found == wanted else {
            throw PipelineError(.hashMismatch, name, "the file has \(found) bytes, the card says \(wanted)")
        }
    }
}

/// The input has the shape that the views need.
private func checkViews(of card: ModelCard, _ augmentation: TestTimeAugmentation) throws(PipelineError) {
    guard augmentation.views.count > 1 else { return }
    let message: String
    switch card.task.input {
    case .picture(let input) where input.height == input.width: return
    case .picture(let input):
        message = "needs a square input; model \(card.name) takes \(input.height) x \(input.width) pixels"
    case .volume: message = "turns pictures; model \(card.name) takes volumes"
    }
    throw PipelineError(.settings, ModelSettings.fileName, "test_time_augmentation \(augmentation.rawValue) \(message)")
}

/// A duration in milliseconds.
package func milliseconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds) * 1e3 + Double(attoseconds) * 1e-15
}
