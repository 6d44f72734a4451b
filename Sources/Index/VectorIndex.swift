import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Pictures of one model by their embeddings, kept on disk and searched exactly.
///
/// An index is a directory: `index.sqlite` is the truth, `vectors.snapshot` holds the vectors in the form that is searched and
/// can be made again at any time (`build`). Entries that were added since the snapshot are searched from memory. Several
/// processes may use an index at once; each sees the others' changes with its next query.
///
/// Searches run on the calling thread's team of threads: call from a dedicated thread.
package final class VectorIndex: Sendable {
    /// The directory.
    package let path: String
    package let model: IndexModel
    let store: IndexStore
    /// What was searched last, and is brought up to date before it is searched again.
    let view = Mutex<IndexView?>(nil)

    /// Makes a directory with an empty index.
    package static func create(at path: String, for model: IndexModel) throws(IndexError) -> VectorIndex {
        try Self.check(model, path)
        guard mkdir(path, 0o750) == 0 || errno == EEXIST else { throw .writing(path) }
        let store = try IndexStore(creating: path + "/" + Self.databaseName, for: model)
        try synchroniseDirectory(of: path + "/" + Self.databaseName)
        try synchroniseDirectory(of: path)
        return VectorIndex(path: path, model: model, store: store)
    }

    /// Opens the index in a directory.
    package convenience init(opening path: String) throws(IndexError) {
        let store = try IndexStore(opening: path + "/" + Self.databaseName)
        let description = try store.read { try StoreDescription($0, path: store.path) }
        try Self.check(description.model, path)
        self.init(path: path, model: description.model, store: store)
    }

    private init(path: String, model: IndexModel, store: IndexStore) {
        self.path = path
        self.model = model
        self.store = store
    }

    static let databaseName = "index.sqlite"
    var snapshotPath: String { self.path + "/vectors.snapshot" }

    /// The number of entries.
    package func count() throws(IndexError) -> Int {
        try self.store.read { try EntryTable(db: $0, path: self.store.path).count() }
    }

    /// The entry of that name as it is kept, nil when there is none.
    package func entry(id: String) throws(IndexError) -> IndexEntry? {
        try self.store.read { try EntryTable(db: $0, path: self.store.path).entry(id: id) }
    }

    /// Refuses vectors of another model.
    func accept(_ model: IndexModel) throws(IndexError) {
        guard model == self.model else {
            let advice = "an index belongs to one model: use that model, or make a new index with the new one"
            throw IndexError(.modelMismatch, self.path, "the index is of \(self.model), the vectors are of \(model); \(advice)")
        }
    }

    private static func check(_ model: IndexModel, _ path: String) throws(IndexError) {
        guard model.sha256.utf8.count == 64, model.sha256.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else {
            throw IndexError(.invalidEntry, path, "the model's SHA-256 is not 64 lower-case hexadecimal digits")
        }
        guard model.dimension > 0, model.dimension <= Self.largestDimension else {
            let message = "\(model.dimension) dimensions; an index holds vectors of 1 to \(Self.largestDimension)"
            throw IndexError(.wrongLength, path, message)
        }
    }
}
