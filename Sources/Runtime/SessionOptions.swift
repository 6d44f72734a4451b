/// How a session computes.
package struct SessionOptions: Sendable, Hashable {
    /// What operands of products are rounded to.
    package enum Precision: String, Sendable, Hashable {
        case float32
        /// Operands of matrix products and attention are rounded to bfloat16 and summed in float32. On a CPU without the
        /// instructions everything stays float32, and `Session.precision` says so.
        case bfloat16
    }

    /// Threads that work on one request, at least 1.
    package var threads: Int
    package var precision: Precision
    /// Requests that are computed at the same time, at least 1, each by `threads` threads of its own; weights are shared.
    /// One stream with all cores answers soonest, a stream per core answers most.
    package var streams: Int
    /// Each stream stays on cores of its own.
    package var pinsThreads: Bool

    package init(threads: Int, precision: Precision = .float32, streams: Int = 1, pinsThreads: Bool = false) {
        self.threads = max(threads, 1)
        self.precision = precision
        self.streams = max(streams, 1)
        self.pinsThreads = pinsThreads
    }
}
