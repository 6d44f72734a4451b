import Synchronization

/// Decoded examples by row, up to a number of bytes; what no longer fits is decoded again.
final class ExampleCache<Example: Sendable>: Sendable {
    private struct State {
        var examples: [Int: Example] = [:]
        var room: Int
    }

    private let state: Mutex<State>

    /// - Parameter limit: in bytes.
    init(limit: Int) {
        self.state = Mutex(State(room: limit))
    }

    subscript(_ index: Int) -> Example? { self.state.withLock { $0.examples[index] } }

    /// Keeps an example of that size if there is room.
    func insert(_ example: Example, byteCount: Int, at index: Int) {
        self.state.withLock { state in
            guard state.examples[index] == nil, byteCount <= state.room else { return }
            state.room -= byteCount
            state.examples[index] = example
        }
    }
}
