import Index
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The index of a model, opened when it is first asked for and again when another one is put in its place.
///
/// To be used on the model's compute thread.
final class ServedIndex: Sendable {
    /// The directory.
    private let path: String
    /// The model's name, for errors.
    private let name: String
    private let model: IndexModel
    private let opened = Mutex<(index: VectorIndex, place: Place)?>(nil)

    /// Which file the opened index is.
    private struct Place: Equatable {
        let device: UInt64
        let number: UInt64

        init?(_ directory: String) {
            var status = stat()
            guard stat("\(directory)/index.sqlite", &status) == 0 else { return nil }
            self.device = UInt64(status.st_dev)
            self.number = UInt64(status.st_ino)
        }
    }

    init(path: String, name: String, model: IndexModel) {
        self.path = path
        self.name = name
        self.model = model
    }

    /// The nearest entries.
    func search(_ query: Query, count: Int) throws(PipelineError) -> (neighbours: [Neighbour], entries: Int, note: String?) {
        try self.use { (index) throws(IndexError) in
            let result = try index.query([query], count: count, from: self.model)
            return (result.neighbours[0], result.entries, result.note)
        }
    }

    /// How near the entries of these names are, nil where there is none.
    func compare(_ embedding: [Float], with ids: [String]) throws(PipelineError) -> [Neighbour?] {
        try self.use { (index) throws(IndexError) in try index.compare(embedding, with: ids, from: self.model) }
    }

    /// Throws when there is no index of this model.
    func check() throws(PipelineError) {
        try self.use { (index) throws(IndexError) in
            guard index.model == self.model else {
                throw IndexError(.modelMismatch, self.path, "the index is of \(index.model)")
            }
        }
    }

    private func use<Result>(_ body: (VectorIndex) throws(IndexError) -> Result) throws(PipelineError) -> Result {
        do throws(IndexError) {
            return try body(try self.current())
        } catch {
            throw self.translated(error)
        }
    }

    private func current() throws(IndexError) -> VectorIndex {
        let place = Place(self.path)
        if let held = self.opened.withLock({ $0 }), held.place == place { return held.index }
        let index = try VectorIndex(opening: self.path)
        self.opened.withLock { held in held = place.map { (index, $0) } }
        return index
    }

    /// The error as a client may see it: without the path, except in what goes to the log.
    private func translated(_ error: IndexError) -> PipelineError {
        let subject = "index of model \(self.name)"
        switch error.code {
        case .notFound:
            return PipelineError(
                .notFound, subject, "there is none; make one with `dr index build`", detail: "no_index")
        case .empty:
            return PipelineError(.notFound, subject, "has no entries; add some with `dr index build`", detail: "empty_index")
        case .modelMismatch, .wrongLength:
            let found = (try? self.current().model).map { "is of \($0)" } ?? "is of another model"
            return PipelineError(
                .indexMismatch, subject, "\(found), and \(self.name) is \(self.model); make it again with `dr index build`")
        case .busy:
            return PipelineError(.notReady, subject, "is changing; try again", detail: "index_busy")
        case .invalidQuery:
            return PipelineError(.input, subject, error.message)
        case .invalidVector:
            return PipelineError(.execution, "model \(self.name)", "gave an embedding without a direction")
        case .outOfMemory:
            return PipelineError(.outOfMemory, subject, error.message)
        case .exists, .notAnIndex, .cannotRead, .cannotWrite, .noSpace, .corrupted, .invalidEntry, .duplicate, .internal:
            return PipelineError(.index, subject, error.description)
        }
    }
}
