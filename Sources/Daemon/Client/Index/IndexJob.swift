import Index

/// What `dr index build` and `dr index add` are started with.
package struct IndexOptions: Sendable {
    /// The index's directory.
    package var index: String
    package var folder: String
    package var socket: String
    /// The model's name; nil where the daemon has only one.
    package var model: String?
    /// A CSV of labels, see `LabelFile`.
    package var labels: String?
    /// Pictures under way at once.
    package var jobs = 2
    /// Pictures that are written at once.
    package var batch = 32
    /// Makes an index where there is none.
    package var creates = false

    package init(index: String, folder: String, socket: String) {
        self.index = index
        self.folder = folder
        self.socket = socket
    }
}

/// Pictures that are in the index for good: the end of this process or of the power does not lose them.
package struct CommittedBatch: Sendable, Hashable {
    package var added: Int
    /// Of those that were asked about, what another process added meanwhile.
    package var alreadyPresent: Int
    /// Pictures so far, failures included, and all that were to be done.
    package var done: Int
    package var total: Int
    /// The last picture of the batch; they come in the order of their identifiers.
    package var lastID: String
}

/// Adds the pictures of a folder to an index, in batches. Run again it goes on: pictures that are in the index are not asked about.
package struct IndexJob {
    /// A batch is written when it is full, or this long after the last one.
    private static let longestWait = Duration.seconds(5)

    private let options: IndexOptions
    private let client: UnixClient
    private let committed: @Sendable (CommittedBatch) -> Void
    private let progress: Progress

    /// - Parameter committed: hears of every batch once it is on the disk.
    package init(
        _ options: IndexOptions, committed: @escaping @Sendable (CommittedBatch) -> Void = { _ in },
        progress: @escaping Progress = { _, _ in }
    ) {
        self.options = options
        self.client = UnixClient(path: options.socket)
        self.committed = committed
        self.progress = progress
    }

    /// Throws, before anything is written, when something is wrong with the index, the labels or the folder; goes on after
    /// pictures that fail. Cancellation ends it with what is finished.
    package func run() async throws -> IndexOutcome {
        let model = try await self.client.readyModel(self.options.model)
        let wanted = try LabelledPictures(
            folder: self.options.folder, labels: self.options.labels, labelNames: model.classNames ?? [],
            kind: model.takesVolumes == true ? .volume : .picture, index: self.options.index)
        let index = try self.open(for: model)
        let todo = try self.absent(wanted.pictures, from: index)
        var outcome = IndexOutcome(
            index: self.options.index, model: model, pictures: wanted.pictures.count,
            alreadyPresent: wanted.pictures.count - todo.count, leftOut: wanted.leftOut, unusedColumns: wanted.unusedColumns)
        let written = await self.add(todo, to: index, of: model, &outcome)
        if let written { try self.finish(written, &outcome) }
        return outcome
    }

    /// The index; nil when it is still to be made.
    private func open(for model: ModelSummary) throws -> VectorIndex? {
        let index: VectorIndex
        do throws(IndexError) {
            index = try VectorIndex(opening: self.options.index)
        } catch {
            // A directory without an index in it is what a kill may leave.
            guard self.options.creates, error.code == .notFound || error.code == .notAnIndex else { throw error }
            return nil
        }
        let same = IndexModel(
            sha256: model.sha256 ?? "", dimension: index.model.dimension, isAugmented: index.model.isAugmented,
            isBFloat16: model.precision.map { $0 == "bfloat16" } ?? index.model.isBFloat16)
        _ = try index.add([], from: same)
        return index
    }

    /// The pictures that are not in the index yet; throws when one is with other labels or another patient.
    private func absent(
        _ pictures: [LabelledPictures.Picture], from index: VectorIndex?
    ) throws -> [LabelledPictures.Picture] {
        guard let index else { return pictures }
        var problems = ProblemList()
        let absent = try pictures.filter { picture in
            guard let entry = try index.entry(id: picture.id) else { return true }
            if self.options.labels != nil, entry.labels != picture.labels || entry.patient != picture.patient {
                problems.add("\(shown(picture.id)) is in the index with other labels or another patient; remove it first")
            }
            return false
        }
        try problems.raise(about: self.options.labels ?? self.options.folder)
        return absent
    }

    /// Adds pictures; returns the index, nil when there was nothing to make it for.
    private func add(
        _ pictures: [LabelledPictures.Picture], to index: VectorIndex?, of model: ModelSummary, _ outcome: inout IndexOutcome
    ) async -> VectorIndex? {
        let client = PictureClient(client: self.client, model: model, verb: "embed")
        let folder = self.options.folder
        var batches = BatchWriter(path: self.options.index, index: index)
        let clock = ContinuousClock()
        var lastWrite = clock.now
        var (done, failures): (Int, [(String, PictureFailure)]) = (0, [])
        var (added, present) = (0, 0)
        func write() throws(DaemonError) {
            guard let lastID = batches.lastID, let result = try batches.write() else { return }
            (added, present) = (added + result.added, present + result.alreadyPresent)
            lastWrite = clock.now
            self.committed(
                CommittedBatch(
                    added: result.added, alreadyPresent: result.alreadyPresent, done: done, total: pictures.count,
                    lastID: lastID))
        }
        var stopped = await inOrder(pictures, jobs: self.options.jobs) { picture in
            (picture, try await Self.embedding(of: "\(folder)/\(picture.file)", client))
        } deliver: { (picture, result) throws(DaemonError) in
            done += 1
            switch result {
            case .success(let reply): try batches.append(picture, reply)
            case .failure(let failure): failures.append((picture.file, failure))
            }
            if batches.count >= self.options.batch || clock.now - lastWrite >= Self.longestWait { try write() }
            self.progress(done, pictures.count)
        }
        // What was embedded before the end is kept, unless it was writing that failed.
        if stopped?.code != .file { do throws(DaemonError) { try write() } catch { stopped = stopped ?? error } }
        outcome.added = added
        outcome.alreadyPresent += present
        outcome.failures = failures
        outcome.missing = pictures.count - added - present - failures.count
        outcome.stopped = stopped
        outcome.isInterrupted = Task.isCancelled
        return batches.index
    }

    private static func embedding(
        of path: String, _ client: PictureClient
    ) async throws -> Result<EmbedReply, PictureFailure> {
        switch try await client.ask(path).result {
        case .success(let answer):
            return .success(try client.reply(EmbedReply.self, in: answer))
        case .failure(let failure):
            guard !failure.isAboutTheModel else { throw DaemonError(.unsupported, "daemon", failure.message) }
            return .failure(failure)
        }
    }

    /// Renews the snapshot where much was added since the last one.
    private func finish(_ index: VectorIndex, _ outcome: inout IndexOutcome) throws {
        var report = try index.report()
        let isFar = report.snapshot == .missing || report.inMemory * 10 >= report.entries
        if !outcome.isInterrupted, outcome.stopped == nil, report.snapshot != .current, self.options.creates || isFar {
            do throws(IndexError) {
                _ = try index.build()
                report = try index.report()
            } catch {
                // Whoever is making the snapshot has it made.
                guard error.code == .busy else { throw error }
            }
        }
        outcome.report = report
    }
}
