import Pipelines

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What `dr screen` is started with.
package struct ScreenOptions: Sendable {
    package var folder: String
    package var socket: String
    /// `.csv` or `.jsonl`.
    package var output: String
    /// The model's name; nil where the daemon has only one.
    package var model: String?
    /// Pictures under way at once.
    package var jobs = 2
    /// Overwrites an output that is there.
    package var restart = false

    package init(folder: String, socket: String, output: String) {
        self.folder = folder
        self.socket = socket
        self.output = output
    }
}

/// What became of a run of `dr screen`.
package struct ScreenOutcome: Sendable {
    package var model: ModelSummary
    /// Every row of the folder's pictures, those of an earlier run included.
    package var rows: [ScreeningRow]
    /// How many of `rows` an earlier run made.
    package var resumed: Int
    /// Pictures of the folder without a row.
    package var missing: Int
    /// Why the run ended before its end; nil when it did not.
    package var stopped: DaemonError?
    package var isInterrupted = false

    /// 0 all fine, 2 some images failed or are missing, 3 nothing could be done, 130 interrupted.
    package var exitCode: Int32 {
        if self.isInterrupted { return 130 }
        if self.rows.isEmpty { return 3 }
        let isFine = self.missing == 0 && self.stopped == nil && self.rows.allSatisfy { $0.status == .ok }
        return isFine ? 0 : 2
    }
}

/// Screens the pictures of a folder through the daemon, one row for each, in the order of their names.
package struct ScreenJob {
    /// Bytes of a picture that are read; what the daemon takes may be less.
    private static let largestImage = 256 << 20
    /// Attempts at a picture while the daemon is busy or restarting, and the first pause between them.
    private static let attempts = 8

    private let options: ScreenOptions
    private let client: UnixClient
    private let progress: @Sendable (_ done: Int, _ total: Int) -> Void

    package init(
        _ options: ScreenOptions, progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) {
        self.options = options
        self.client = UnixClient(path: options.socket)
        self.progress = progress
    }

    /// Throws when nothing could be done; goes on after pictures that fail. Cancellation ends it with what is finished.
    package func run() async throws -> ScreenOutcome {
        let names = try imageNames(in: self.options.folder)
        guard !names.isEmpty else {
            throw DaemonError(.file, self.options.folder, "has no .png, .jpg or .jpeg file")
        }
        let model = try await self.client.readyModel(self.options.model)
        let classes = model.classNames?.count ?? 0
        guard let format = ResultFormat(path: self.options.output, classes: classes) else {
            throw DaemonError(.file, self.options.output, "must end in .csv or .jsonl")
        }
        let file = try ResultFile(path: self.options.output, format: format, restart: self.options.restart)
        let earlier = try self.earlierRows(file, model)
        let todo = names.filter { earlier[$0] == nil }
        var outcome = ScreenOutcome(model: model, rows: [], resumed: names.count - todo.count, missing: 0)
        outcome.rows = names.compactMap { earlier[$0] }
        await self.screen(todo, model, into: file, &outcome)
        file.synchronise()
        outcome.missing = names.count - outcome.rows.count
        return outcome
    }

    /// The rows that still hold, by file. Rows of pictures that have changed are taken out of the file.
    private func earlierRows(_ file: ResultFile, _ model: ModelSummary) throws(DaemonError) -> [String: ScreeningRow] {
        if let other = file.rows.first(where: { $0.modelSHA256 != model.sha256 }) {
            let text = "has rows of another model (\(other.model) \(other.modelVersion)); choose another file, or --restart"
            throw DaemonError(.file, self.options.output, text)
        }
        var kept: [String: ScreeningRow] = [:]
        var rows: [ScreeningRow] = []
        for row in file.rows where kept[row.file] == nil {
            let path = "\(self.options.folder)/\(row.file)"
            let bytes = try? fileBytes(path, limit: Self.largestImage)
            guard let bytes, let known = row.fileSHA256, known == hash(bytes) else { continue }
            kept[row.file] = row
            rows.append(row)
        }
        if rows.count != file.rows.count { try file.replace(with: rows) }
        return kept
    }

    private func screen(
        _ names: [String], _ model: ModelSummary, into file: ResultFile, _ outcome: inout ScreenOutcome
    ) async {
        // Rows wait here until those before them are written.
        var finished: [Int: ScreeningRow] = [:]
        var written = 0
        var fatal: DaemonError?
        var rows: [ScreeningRow] = []
        await withTaskGroup(of: (Int, Result<ScreeningRow, any Error>).self) { group in
            var next = 0
            func start() {
                guard next < names.count, fatal == nil, !Task.isCancelled else { return }
                let (index, name) = (next, names[next])
                next += 1
                group.addTask { (index, await self.attempt(name, model)) }
            }
            for _ in 0..<max(1, self.options.jobs) { start() }
            while let (index, result) = await group.next() {
                switch result {
                case .success(let row): finished[index] = row
                case .failure(let error as DaemonError): fatal = fatal ?? error
                case .failure: break
                }
                while let row = finished.removeValue(forKey: written) {
                    do throws(DaemonError) { try file.append(row) } catch { fatal = fatal ?? error }
                    if fatal?.code != .file { rows.append(row) }
                    written += 1
                    self.progress(written, names.count)
                }
                if fatal != nil { group.cancelAll() }
                start()
            }
        }
        // After a stop there may be finished rows behind one that is not.
        for index in finished.keys.sorted() where fatal?.code != .file {
            guard let row = finished[index], (try? file.append(row)) != nil else { continue }
            rows.append(row)
        }
        outcome.rows += rows
        outcome.stopped = fatal
        outcome.isInterrupted = Task.isCancelled
    }

    /// The row of a picture, failures of the picture included; a failure of the daemon is an error.
    private func attempt(_ name: String, _ model: ModelSummary) async -> Result<ScreeningRow, any Error> {
        let clock = ContinuousClock()
        let start = clock.now
        do {
            let bytes = try fileBytes("\(self.options.folder)/\(name)", limit: Self.largestImage)
            let fileHash = hash(bytes)
            let answer = try await self.answer(bytes, model)
            let row = ScreeningRow(
                file: name, status: answer.status == 200 ? .ok : .error, model: model, fileSHA256: fileHash,
                milliseconds: tenths(milliseconds(clock.now - start)), time: timestamp())
            return .success(try self.completed(row, answer, model))
        } catch let error as DaemonError where error.code == .file || error.code == .tooLarge {
            var row = ScreeningRow(
                file: name, status: .error, model: model, fileSHA256: nil,
                milliseconds: tenths(milliseconds(clock.now - start)), time: timestamp())
            row.errorCode = error.code.rawValue
            row.errorMessage = error.message
            return .success(row)
        } catch {
            return .failure(error)
        }
    }

    /// Asks until the daemon has an answer about the picture; gives up when it stays away or busy.
    private func answer(_ bytes: [UInt8], _ model: ModelSummary) async throws -> Answer {
        let request = Request(
            "POST", "/v2/models/\(model.name)/versions/\(model.version)/screen",
            headers: [("Content-Type", "application/octet-stream")], body: bytes)
        var pause = Duration.milliseconds(50)
        for attempt in 1... {
            do {
                let answer = try await self.client.send(request)
                if answer.status != 503 { return answer }
                guard attempt < Self.attempts else {
                    throw DaemonError(.unavailable, self.options.socket, answer.errorMessage ?? "the daemon is busy")
                }
            } catch let error as DaemonError where error.code == .connection && attempt < Self.attempts {
                // Tried again below.
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(2))
        }
        throw CancellationError()
    }

    private func completed(_ row: ScreeningRow, _ answer: Answer, _ model: ModelSummary) throws -> ScreeningRow {
        var row = row
        guard answer.status == 200 else {
            if answer.status == 404 {
                throw DaemonError(.unavailable, "model \(model.name)", "is gone from the daemon; run again")
            }
            row.errorCode = answer.header("Error-Code") ?? "status_\(answer.status)"
            row.errorMessage = singleLine(answer.errorMessage ?? "the daemon answered with status \(answer.status)")
            return row
        }
        guard let reply = decodedJSON(ScreenReply.self, from: answer.body) else {
            throw DaemonError(.connection, self.options.socket, "the daemon gave an answer that is no screening result")
        }
        guard reply.model.sha256 == model.sha256 else {
            throw DaemonError(.unavailable, "model \(model.name)", "was replaced in the daemon meanwhile; run again")
        }
        row.grade = reply.grade
        row.gradeName = reply.gradeName
        row.probabilities = reply.probabilities
        row.referableProbability = reply.referable?.probability
        row.referable = reply.referable?.decision
        return row
    }
}

private func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }

/// Now, as ISO 8601 in UTC.
private func timestamp() -> String { Date().formatted(.iso8601) }

private func singleLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
}
