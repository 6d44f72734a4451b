package import Graph
import Imaging
import OnnxFormat
import Runtime

/// A model package that was verified and answers for pictures: card, weights, preprocessing and decision in one.
package final class ServedModel: Sendable {
    package let card: ModelCard
    /// `ModelCard.modelSHA256` of what was verified.
    package let sha256: String
    package let inputs: [ModelPort]
    package let outputs: [ModelPort]
    private let session: Session
    private let decoders: DecodingThreads

    private init(_ card: ModelCard, _ session: Session, decoders: Int) {
        self.card = card
        self.sha256 = card.modelSHA256
        self.session = session
        self.inputs = session.model.inputs.map { ModelPort($0) }
        self.outputs = session.model.outputs.map { ModelPort($0) }
        self.decoders = DecodingThreads(count: decoders)
    }

    /// Loads a package and returns it once it has earned trust: every file has the size and SHA-256 of the card, and
    /// every golden sample is reproduced.
    ///
    /// What is hashed is what was mapped, so a file that is replaced meanwhile changes nothing.
    /// - Parameters:
    ///   - directory: holds `card.json`, `model.onnx` and its weight files.
    ///   - threads: size of the compute team.
    package static func load(directory: String, threads: Int) async throws -> ServedModel {
        let card = try ModelCard.load(directory: directory)
        try checkSizes(card, directory: directory)
        let session: Session
        do throws(RuntimeError) {
            session = try Session(path: "\(directory)/\(ModelCard.modelFileName)", threads: threads)
        } catch {
            throw PipelineError(error, isLoading: true)
        }
        let model = ServedModel(card, session, decoders: max(1, min(threads, 4)))
        try model.checkInterface()
        try await model.verifyHashes()
        try await model.verifyGoldenSamples()
        return model
    }
}

extension ServedModel {
    /// What answering took, in milliseconds.
    package struct Timings: Sendable, Hashable {
        package var decode = 0.0
        package var preprocess = 0.0
        package var compute = 0.0
    }

    /// Decodes and prepares one PNG or JPEG, and runs the model on it.
    /// - Returns: the picture and the elements of the output.
    func answer(_ encoded: [UInt8]) async throws -> (image: Image, output: [Float], timings: Timings) {
        let preprocessing = self.card.task.preprocessing
        let (image, input, prepared) = try await self.decoders.run { try prepare(encoded, preprocessing) }
        try Task.checkCancellation()
        let clock = ContinuousClock()
        let start = clock.now
        let output = try await self.output(input)
        var timings = prepared
        timings.compute = milliseconds(clock.now - start)
        return (image, output, timings)
    }

    /// Runs `body` on a decoding thread.
    func decoding<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await self.decoders.run(body)
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
        let preprocessing = self.card.task.preprocessing
        let input = TensorType(.float32, [1, 3, preprocessing.height, preprocessing.width])
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

    private func verifyGoldenSamples() async throws {
        for (index, sample) in self.card.goldenSamples.enumerated() {
            let input = try await self.decoders.run { sample.input.tensor() }
            if let mismatch = sample.mismatch(try await self.output(input)) {
                throw PipelineError(.goldenSample, "golden sample \(index)", mismatch)
            }
        }
    }
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

/// Decodes one picture and makes it a batch of one.
private func prepare(_ encoded: [UInt8], _ preprocessing: Preprocessing) throws -> (Image, Tensor, ServedModel.Timings) {
    let clock = ContinuousClock()
    let start = clock.now
    do {
        let image = try Image.decode(encoded)
        let decoded = clock.now
        let input = try tensor(of: [image], preprocessing)
        let timings = ServedModel.Timings(
            decode: milliseconds(decoded - start), preprocess: milliseconds(clock.now - decoded))
        return (image, input, timings)
    } catch let error as ImagingError {
        throw PipelineError(error)
    }
}

/// `[N, 3, H, W]` of pictures.
func tensor(of images: [Image], _ preprocessing: Preprocessing) throws -> Tensor {
    let tensor = Tensor(zeros: TensorType(.float32, [images.count, 3, preprocessing.height, preprocessing.width]))
    do {
        try tensor.withElements(as: Float.self) { elements in
            for (index, image) in images.enumerated() {
                guard let start = elements.baseAddress else { return }
                try preprocessing.apply(image, into: start + index * preprocessing.elementCount)
            }
        }
    } catch let error as ImagingError {
        throw PipelineError(error)
    }
    return tensor
}

/// A duration in milliseconds.
package func milliseconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds) * 1e3 + Double(attoseconds) * 1e-15
}
