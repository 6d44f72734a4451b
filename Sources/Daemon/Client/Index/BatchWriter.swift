import Index

/// Collects embedded pictures and writes them to an index, which is made with the first of them where there is none.
struct BatchWriter {
    /// The directory.
    let path: String
    private(set) var index: VectorIndex?
    private var entries: [IndexEntry] = []
    /// What the entries' embeddings are of.
    private var model: IndexModel?

    init(path: String, index: VectorIndex?) {
        self.path = path
        self.index = index
    }

    var count: Int { self.entries.count }
    var lastID: String? { self.entries.last?.id }

    /// Throws when the embedding is of another kind than the one before.
    mutating func append(_ picture: LabelledPictures.Picture, _ reply: EmbedReply) throws(DaemonError) {
        let model = IndexModel(
            sha256: reply.model.sha256, dimension: reply.dimension, isAugmented: reply.views > 1,
            isBFloat16: reply.model.precision == "bfloat16")
        guard reply.embedding.count == reply.dimension, self.model == nil || self.model == model else {
            throw DaemonError(.connection, "embed", "the daemon gave an embedding that does not fit to the one before")
        }
        self.model = model
        self.entries.append(
            IndexEntry(id: picture.id, patient: picture.patient, labels: picture.labels, embedding: reply.embedding))
    }

    /// Writes what was collected, all of it or nothing; nil when there was nothing.
    mutating func write() throws(DaemonError) -> AddResult? {
        guard let model, !self.entries.isEmpty else { return nil }
        do throws(IndexError) {
            let index: VectorIndex
            if let open = self.index {
                index = open
            } else {
                if let slash = self.path.lastIndex(of: "/"), slash > self.path.startIndex {
                    do throws(DaemonError) { try makeDirectories(String(self.path[..<slash])) } catch {
                        throw IndexError(.cannotWrite, error.subject, error.message)
                    }
                }
                index = try VectorIndex.create(at: self.path, for: model)
                self.index = index
            }
            let result = try index.add(self.entries, from: model)
            self.entries = []
            return result
        } catch {
            throw DaemonError(.file, error.subject, error.message)
        }
    }
}
