/// The admission queues of all models: suspends requests until it is their turn.
package actor Scheduler {
    private let capacity: Int
    private var queues: [String: AdmissionQueue] = [:]
    private var continuations: [UInt64: CheckedContinuation<Void, any Error>] = [:]
    private var lastID: UInt64 = 0

    /// - Parameter capacity: of each model's queue.
    package init(capacity: Int) {
        self.capacity = capacity
    }

    /// Runs `body` when it is this request's turn. Refuses at once with `unavailable` when the queue is full; a request
    /// that is cancelled while it waits never runs.
    /// - Parameter slots: Requests of the model that run at once.
    package nonisolated func run<Result: Sendable>(
        _ model: String, slots: Int = 2, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        try await self.enter(model, slots: slots)
        do {
            let result = try await body()
            await self.leave(model)
            return result
        } catch {
            await self.leave(model)
            throw error
        }
    }

    /// Requests of a model that wait.
    package func waiting(_ model: String) -> Int { self.queues[model]?.waiting.count ?? 0 }

    private func enter(_ model: String, slots: Int) async throws {
        try Task.checkCancellation()
        self.lastID += 1
        let id = self.lastID
        switch self.queues[model, default: AdmissionQueue(slots: slots, capacity: self.capacity)].arrive(id) {
        case .start:
            return
        case .refuse:
            throw DaemonError(.unavailable, "model \(model)", "too many requests are waiting; try again later")
        case .wait:
            try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { self.continuations[id] = $0 }
            } onCancel: {
                Task { await self.abandon(model, id) }
            }
        }
    }

    private func leave(_ model: String) {
        guard let next = self.queues[model]?.finish() else { return }
        self.continuations.removeValue(forKey: next)?.resume()
    }

    private func abandon(_ model: String, _ id: UInt64) {
        guard self.queues[model]?.abandon(id) == true else { return }
        self.continuations.removeValue(forKey: id)?.resume(throwing: CancellationError())
    }
}
