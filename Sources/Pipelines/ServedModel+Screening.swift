package import Imaging

extension ServedModel {
    /// Decodes, prepares and screens one PNG or JPEG.
    package func screen(_ encoded: [UInt8]) async throws -> (result: ScreeningResult, timings: Timings) {
        let task = try self.screeningTask()
        let (_, logits, timings) = try await self.answer(encoded)
        return (task.result(logits: logits), timings)
    }

    /// Screens pictures in one batch.
    package func screen(images: [Image]) async throws -> [ScreeningResult] {
        let task = try self.screeningTask()
        guard !images.isEmpty else { return [] }
        let input = try await self.decoding { try tensor(of: images, task.preprocessing) }
        let logits = try await self.output(input)
        let classes = task.classNames.count
        return images.indices.map { task.result(logits: Array(logits[($0 * classes)..<(($0 + 1) * classes)])) }
    }

    private func screeningTask() throws(PipelineError) -> ScreeningTask {
        guard case .screening(let task) = self.card.task else { throw PipelineError(self.card, wanted: .screening) }
        return task
    }
}

extension PipelineError {
    /// A model asked for something that it does not do.
    init(_ card: ModelCard, wanted: ModelTask.Kind) {
        self.init(
            .input, "model \(card.name)", "is for \(card.task.kind.rawValue), not for \(wanted.rawValue)", detail: "wrong_task")
    }
}
