#if canImport(Glibc)
    import Glibc
#endif

/// `dr screen`: runs the job with progress on standard error and a summary on standard output; returns the exit code.
package func runScreen(_ options: ScreenOptions) async -> Int32 {
    let signals = TerminationSignals()
    let isTerminal = isatty(2) == 1
    let job = Task {
        try await ScreenJob(options) { done, total in
            if isTerminal {
                complain("\r\(done)/\(total) images", end: done == total ? "\n" : "")
            } else if done % 50 == 0 || done == total {
                complain("\(done)/\(total) images")
            }
        }.run()
    }
    let interruption = Task { if await signals.first() { job.cancel() } }
    defer { interruption.cancel() }
    do {
        let outcome = try await job.value
        if let stopped = outcome.stopped { complain("dr: \(stopped); run again to go on") }
        if outcome.isInterrupted { complain("dr: interrupted; run again to go on") }
        print(summary(outcome), terminator: "")
        return outcome.exitCode
    } catch is CancellationError {
        complain("dr: interrupted; nothing was done")
        return 130
    } catch {
        complain("dr: \(error)")
        return 3
    }
}

/// `dr health`: exit code 0 when every model is ready, 2 when the daemon is alive but not ready, 3 when it is not.
package func runHealth(socket: String) async -> Int32 {
    do {
        let answer = try await UnixClient(path: socket).send(Request("GET", "/v2/health/ready"))
        print(answer.status == 200 ? "ready" : "alive, not ready")
        return answer.status == 200 ? 0 : 2
    } catch {
        complain("dr: \(error)")
        return 3
    }
}

/// `dr models`: a line for each version of each model; exit code 3 when there is no daemon.
package func runModels(socket: String) async -> Int32 {
    do {
        let lines = try await UnixClient(path: socket).models().map { model in
            let rest = model.sha256 ?? model.reason
            return [model.name, String(model.version), model.state, rest]
        }
        print(aligned([["NAME", "VERSION", "STATE", "SHA-256 OR REASON"]] + lines), terminator: "")
        return 0
    } catch {
        complain("dr: \(error)")
        return 3
    }
}

/// The table that `dr screen` ends with.
func summary(_ outcome: ScreenOutcome) -> String {
    let model = outcome.model
    let names = model.classNames ?? []
    let good = outcome.rows.filter { $0.status == .ok }
    var lines = [["model", "\(model.name)/\(model.version) \((model.sha256 ?? "").prefix(12))"]]
    lines.append(["images", "\(outcome.rows.count + outcome.missing)"])
    if outcome.resumed > 0 { lines.append(["from an earlier run", "\(outcome.resumed)"]) }
    for (grade, name) in names.enumerated() {
        lines.append(["grade \(grade) \(name)", "\(good.count { $0.grade == grade })"])
    }
    if good.contains(where: { $0.referable != nil }) {
        lines.append(["referable", "\(good.count { $0.referable == true })"])
    }
    lines.append(["failed", "\(outcome.rows.count - good.count)"])
    if outcome.missing > 0 { lines.append(["not done", "\(outcome.missing)"]) }
    let failures = outcome.rows.filter { $0.status == .error }
    let shown = failures.prefix(20).map { ["  \($0.file)", "\($0.errorCode ?? ""): \($0.errorMessage ?? "")"] }
    let more = failures.count > 20 ? [["  and \(failures.count - 20) more", "see the output"]] : []
    return aligned(lines + shown + more)
}

/// Rows of cells as columns.
private func aligned(_ rows: [[String]]) -> String {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in rows.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
        let cells = row.enumerated().map { column, cell in
            column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
        }
        return cells.joined(separator: "  ") + "\n"
    }.joined()
}

/// Writes to standard error.
private func complain(_ text: String, end: String = "\n") {
    let bytes = Array((text + end).utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
}
