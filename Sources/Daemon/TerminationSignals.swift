import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// SIGTERM and SIGINT as something to wait for; a second one ends the program at once. SIGPIPE and SIGXFSZ
/// are ignored: what could not be written says so itself.
///
/// Unchecked: the sources are made here and only released later.
package final class TerminationSignals: @unchecked Sendable {
    private let stream: AsyncStream<Void>
    private let sources: [any DispatchSourceSignal]

    /// Takes the signals over from here on.
    package init() {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
        self.stream = stream
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        let count = SignalCount()
        self.sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if count.next() > 1 { _exit(130) }
                continuation.yield()
            }
            source.resume()
            return source
        }
    }

    deinit {
        for source in self.sources { source.cancel() }
    }

    /// Waits for the first signal; returns whether there was one, false when the task was cancelled.
    package func first() async -> Bool {
        for await _ in self.stream { return true }
        return false
    }
}

private final class SignalCount: Sendable {
    private let value = Atomic<Int>(0)

    func next() -> Int { self.value.wrappingAdd(1, ordering: .relaxed).newValue }
}
