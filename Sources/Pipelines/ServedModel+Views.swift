import Graph

extension ServedModel {
    /// What answering took, in milliseconds.
    package struct Timings: Sendable, Hashable {
        package var decode = 0.0
        package var preprocess = 0.0
        package var compute = 0.0
        /// Of an index.
        package var search = 0.0

        static func + (left: Timings, right: Timings) -> Timings {
            Timings(
                decode: left.decode + right.decode, preprocess: left.preprocess + right.preprocess,
                compute: left.compute + right.compute, search: left.search + right.search)
        }
    }
}

/// A network's outputs for every view of one input.
struct ViewOutputs: Sendable {
    /// Row-major, one for each view.
    let outputs: [[Float]]
    let timings: ServedModel.Timings
}

extension ServedModel {
    /// Decodes a body on a decoding thread.
    func decode(_ body: [UInt8]) async throws -> (input: RequestInput, timings: Timings) {
        let (input, duration) = try await self.decoding { [task = self.card.task] in
            try timed { try RequestInput(body: body, for: task.input) }
        }
        try Task.checkCancellation()
        return (input, Timings(decode: duration))
    }

    /// Prepares an input and runs the model on its views, one after another: each gives exactly what it would give alone.
    func outputs(_ input: RequestInput) async throws -> ViewOutputs {
        let (wanted, views) = (self.card.task.input, self.augmentation.views)
        let (tensors, prepared) = try await self.decoding {
            try timed {
                let picture = try input.tensor(wanted)
                return views.map { $0.turned(picture) }
            }
        }
        var outputs: [[Float]] = []
        let clock = ContinuousClock()
        let start = clock.now
        for tensor in tensors {
            try Task.checkCancellation()
            outputs.append(try await self.output(tensor))
        }
        let timings = Timings(preprocess: prepared, compute: milliseconds(clock.now - start))
        return ViewOutputs(outputs: outputs, timings: timings)
    }
}

/// The result of `body` and how long it took, in milliseconds.
func timed<Result>(_ body: () throws -> Result) rethrows -> (Result, Double) {
    let clock = ContinuousClock()
    let start = clock.now
    let result = try body()
    return (result, milliseconds(clock.now - start))
}
