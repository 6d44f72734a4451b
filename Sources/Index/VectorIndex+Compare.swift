extension VectorIndex {
    /// How near entries are to a vector, whether or not they are among its nearest: for each name its entry with distance and
    /// cosine, nil where the index has none of that name. Computed in double precision, as the search does.
    package func compare(_ embedding: [Float], with ids: [String], from model: IndexModel) throws(IndexError) -> [Neighbour?] {
        try self.accept(model)
        let vector = try unitVector(embedding, dimension: self.model.dimension, subject: "query")
        return try self.store.read { db in
            let table = EntryTable(db: db, path: self.store.path)
            return try ids.map { id in
                guard let entry = try table.entry(id: id) else { return nil }
                guard entry.embedding.count == vector.count else {
                    let message = "an entry has another number of elements: restore a backup or make the index again"
                    throw IndexError(.corrupted, self.store.path, message)
                }
                let squared = zip(vector, entry.embedding).reduce(0.0) { sum, pair in
                    let difference = Double(pair.0) - Double(pair.1)
                    return sum + difference * difference
                }
                return Neighbour(
                    id: entry.id, patient: entry.patient, labels: entry.labels, distance: squared.squareRoot(),
                    cosine: 1 - squared / 2)
            }
        }
    }
}
