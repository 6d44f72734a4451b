import Dispatch
import Synchronization

/// Reads many examples on all cores and collects what is wrong with them.
enum ReadState {
    private struct Seen {
        var done = 0
        var problems: [Int: DataProblem] = [:]
    }

    /// - Parameters:
    ///   - progress: hears how many were read, from one thread at a time.
    ///   - read: reads one example.
    /// - Returns: the first problem of each example that cannot be read, in their order.
    static func problems(
        count: Int, progress: @Sendable (Int) -> Void, read: @Sendable (Int) throws(DataError) -> Void
    ) -> [DataProblem] {
        let seen = Mutex(Seen())
        DispatchQueue.concurrentPerform(iterations: count) { index in
            var problem: DataProblem?
            do throws(DataError) {
                try read(index)
            } catch {
                problem = error.problems[0]
            }
            seen.withLock { seen in
                seen.done += 1
                seen.problems[index] = problem
                progress(seen.done)
            }
        }
        return seen.withLock { $0.problems.sorted { $0.key < $1.key }.map(\.value) }
    }
}
