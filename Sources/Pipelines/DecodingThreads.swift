import Runtime
import Synchronization

/// Threads for work that would hold up Swift's cooperative pool: decoding, resizing, hashing.
final class DecodingThreads: Sendable {
    private let threads: [ComputeThread]
    private let next = Atomic<Int>(0)

    init(count: Int) throws(RuntimeError) {
        self.threads = try (0..<max(1, count)).map { _ throws(RuntimeError) in try ComputeThread(threads: 1) }
    }

    /// Runs `body` on one of the threads, in turn.
    func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        let turn = self.next.wrappingAdd(1, ordering: .relaxed).oldValue
        return try await self.threads[Int(turn.magnitude % UInt(self.threads.count))].run(body)
    }
}
