#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a job over a folder is started with.
package struct FolderOptions: Sendable {
    package var folder: String
    package var socket: String
    /// Where the rows go: `.csv` or `.jsonl`; for jobs that write more than rows a folder.
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

/// Asks the daemon about the pictures of a folder and keeps the answers as rows of a file, in the order of the pictures' names.
/// Run again with the same output, it goes on.
package struct FolderJob<Verb: FolderVerb> {
    typealias Row = ResultRow<Verb.Found>

    private let verb: Verb
    private let options: FolderOptions
    /// The file of the rows.
    private let output: String
    private let client: UnixClient
    private let progress: Progress

    /// - Parameter output: the file of the rows where it is not `options.output`.
    init(_ verb: Verb, _ options: FolderOptions, output: String? = nil, progress: @escaping Progress) {
        self.verb = verb
        self.options = options
        self.output = output ?? options.output
        self.client = UnixClient(path: options.socket)
        self.progress = progress
    }

    /// Throws when nothing could be done; goes on after pictures that fail. Cancellation ends it with what is finished.
    package func run() async throws -> FolderOutcome<Verb> {
        let names = try PictureList.names(
            in: self.options.folder, recursively: self.verb.entersSubfolders,
            leavingOut: self.output == self.options.output ? nil : self.options.output)
        guard !names.isEmpty else { throw DaemonError(.file, self.options.folder, "has no \(PictureList.Kind.picture.files)") }
        let model = try await self.client.readyModel(self.options.model)
        guard let format = ResultFormat<Verb.Found>(path: self.output, classes: model.classNames?.count ?? 0) else {
            throw DaemonError(.file, self.output, "must end in .csv or .jsonl")
        }
        try self.verb.check(names, model)
        let file = try ResultFile(path: self.output, format: format, restart: self.options.restart)
        let earlier = try self.earlierRows(file, model)
        let todo = names.filter { earlier[$0] == nil }
        let done = names.count - todo.count
        var outcome = FolderOutcome(
            verb: self.verb, model: model, rows: names.flatMap { earlier[$0] ?? [] }, pictures: done, resumed: done,
            missing: 0)
        await self.ask(todo, model, into: file, &outcome)
        file.synchronise()
        outcome.missing = names.count - outcome.pictures
        return outcome
    }

    /// The rows that still hold, by picture. All others are taken out of the file.
    private func earlierRows(_ file: ResultFile<Verb.Found>, _ model: ModelSummary) throws(DaemonError) -> [String: [Row]] {
        if let other = file.rows.first(where: { $0.modelSHA256 != model.sha256 }) {
            let text = "has rows of another model (\(other.model) \(other.modelVersion)); choose another file, or --restart"
            throw DaemonError(.file, self.output, text)
        }
        let kept = Dictionary(grouping: file.rows, by: \.file).filter { name, rows in
            let bytes = try? fileBytes("\(self.options.folder)/\(name)", limit: PictureClient.largestImage)
            guard let bytes, let known = rows[0].fileSHA256, known == hash(bytes) else { return false }
            return self.verb.holds(rows, model)
        }
        let rows = file.rows.filter { kept[$0.file] != nil }
        if rows.count != file.rows.count { try file.replace(with: rows) }
        return kept
    }

    private func ask(
        _ names: [String], _ model: ModelSummary, into file: ResultFile<Verb.Found>, _ outcome: inout FolderOutcome<Verb>
    ) async {
        let (verb, folder) = (self.verb, self.options.folder)
        let client = PictureClient(client: self.client, model: model, verb: self.verb.verb)
        var rows: [Row] = []
        var count = 0
        outcome.stopped = await inOrder(names, jobs: self.options.jobs) { name in
            try await Self.rows(of: name, in: folder, verb, client)
        } deliver: { (found) throws(DaemonError) in
            try file.append(found)
            rows += found
            count += 1
            self.progress(count, names.count)
        }
        outcome.rows += rows
        outcome.pictures += count
        outcome.isInterrupted = Task.isCancelled
    }

    /// The rows of a picture, failures of the picture included; a failure of the daemon or of the disk is an error.
    private static func rows(
        of name: String, in folder: String, _ verb: Verb, _ client: PictureClient
    ) async throws -> [Row] {
        try verb.begin(name, client.model)
        let answer = try await client.ask("\(folder)/\(name)")
        func row(_ result: Result<Verb.Found, PictureFailure>) -> Row {
            ResultRow(
                file: name, result, model: client.model, fileSHA256: answer.fileSHA256, milliseconds: answer.milliseconds,
                time: Date().formatted(.iso8601))
        }
        switch answer.result {
        case .success(let reply):
            return try verb.findings(reply, about: name, from: client).map { row(.success($0)) }
        case .failure(let failure):
            guard !verb.stopsAtModel || !failure.isAboutTheModel else {
                throw DaemonError(.unsupported, "daemon", failure.message)
            }
            return [row(.failure(failure))]
        }
    }
}
