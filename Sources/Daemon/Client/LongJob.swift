#if canImport(Glibc)
    import Glibc
#endif

/// Told how many pictures are done, and how many there are.
package typealias Progress = @Sendable (_ done: Int, _ total: Int) -> Void

/// What became of a job that may be interrupted and run again.
protocol JobOutcome: Sendable {
    /// Why the run ended before its end; nil when it did not.
    var stopped: DaemonError? { get }
    var isInterrupted: Bool { get }
    /// 0 all fine, 2 some pictures failed or are missing, 3 nothing could be done, 130 interrupted.
    var exitCode: Int32 { get }
    /// The table that the command ends with.
    var summary: String { get }
}

/// Runs a job with progress on standard error and its summary on standard output; SIGTERM and SIGINT end it with what is
/// finished. Returns the exit code.
func runJob<Outcome: JobOutcome>(_ body: @escaping @Sendable (@escaping Progress) async throws -> Outcome) async -> Int32 {
    let signals = TerminationSignals()
    let isTerminal = isatty(2) == 1
    let job = Task {
        try await body { done, total in
            if isTerminal {
                complain("\r\(done)/\(total) images", end: done == total ? "\n" : "")
            } else if done % 50 == 0 || done == total {
                complain("\(done)/\(total) images")
            }
        }
    }
    let interruption = Task { if await signals.first() { job.cancel() } }
    defer { interruption.cancel() }
    do {
        let outcome = try await job.value
        if let stopped = outcome.stopped { complain("dr: \(stopped); run again to go on") }
        if outcome.isInterrupted { complain("dr: interrupted; run again to go on") }
        say(outcome.summary, end: "")
        return outcome.exitCode
    } catch is CancellationError {
        complain("dr: interrupted; nothing was done")
        return 130
    } catch {
        complain("dr: \(error)")
        return 3
    }
}
