import Kernels

/// How a session computes.
package struct SessionOptions: Sendable, Hashable {
    /// What operands of products are rounded to.
    package enum Precision: String, Sendable, Hashable {
        case float32
        /// Operands of matrix products and attention are rounded to bfloat16 and summed in float32. On a CPU without the
        /// instructions everything stays float32, and `Session.precision` says so.
        case bfloat16

        /// Whether this CPU has the instructions.
        package var isAvailable: Bool {
            switch self {
            case .float32: true
            case .bfloat16: computesInBFloat16()
            }
        }
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

    /// Streams that share a number of threads, at most as many streams as threads.
    /// - Parameter threads: of all streams together; all cores of the process when nil.
    package init(sharing threads: Int?, precision: Precision = .float32, streams: Int = 1, pinsThreads: Bool = false) {
        let total = max(threads ?? Cores.count, 1)
        let streams = min(max(streams, 1), total)
        self.init(threads: total / streams, precision: precision, streams: streams, pinsThreads: pinsThreads)
    }
}
