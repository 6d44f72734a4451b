/// One picture in an index.
package struct IndexEntry: Sendable, Hashable {
    /// The name that no other entry has: 1 to 512 bytes without control characters.
    package let id: String
    /// Whose picture it is, where that is known; the same rules.
    package let patient: String?
    /// A bit for each label that holds.
    package let labels: UInt64
    /// The embedding. An index keeps it with length 1.
    package let embedding: [Float]

    package init(id: String, patient: String? = nil, labels: UInt64 = 0, embedding: [Float]) {
        self.id = id
        self.patient = patient
        self.labels = labels
        self.embedding = embedding
    }

    /// XXH64 of everything in it; kept beside it, so that a bit that changes on the disk is seen.
    var checksum: UInt64 {
        self.embedding.withUnsafeBytes { Self.checksum(embedding: $0, labels: self.labels, id: self.id, patient: self.patient) }
    }

    static func checksum(embedding: UnsafeRawBufferPointer, labels: UInt64, id: String, patient: String?) -> UInt64 {
        var bytes = Array(embedding)
        withUnsafeBytes(of: labels.littleEndian) { bytes += $0 }
        // No name has a byte 0 or is empty.
        bytes += Array(id.utf8) + [0] + Array((patient ?? "").utf8)
        return bytes.withUnsafeBytes(xxh64)
    }

    /// The most bytes of an identifier.
    static let longestName = 512

    /// The entry as it is kept. `position` names it in errors.
    func validated(for model: IndexModel, position: Int) throws(IndexError) -> IndexEntry {
        let subject = "entry \(position)"
        try Self.check(self.id, "identifier", subject)
        if let patient = self.patient { try Self.check(patient, "patient", subject) }
        let vector = try unitVector(self.embedding, dimension: model.dimension, subject: subject)
        return IndexEntry(id: self.id, patient: self.patient, labels: self.labels, embedding: vector)
    }

    private static func check(_ name: String, _ what: String, _ subject: String) throws(IndexError) {
        guard !name.isEmpty else { throw IndexError(.invalidEntry, subject, "the \(what) is empty") }
        guard name.utf8.count <= Self.longestName else {
            throw IndexError(
                .invalidEntry, subject, "the \(what) has \(name.utf8.count) bytes, at most \(Self.longestName) are kept")
        }
        guard name.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else {
            throw IndexError(.invalidEntry, subject, "the \(what) has control characters")
        }
    }
}

/// The vector scaled to length 1 in double precision; one whose length is 1 to within 2^-21 is returned as it is, so that
/// scaling again changes nothing.
func unitVector(_ vector: [Float], dimension: Int, subject: String) throws(IndexError) -> [Float] {
    guard vector.count == dimension else {
        let message = "the vector has \(vector.count) elements where the index has \(dimension): it is of another model or layer"
        throw IndexError(.wrongLength, subject, message)
    }
    if let index = vector.firstIndex(where: { !$0.isFinite }) {
        let what = vector[index].isNaN ? "not a number" : "infinite"
        throw IndexError(.invalidVector, subject, "element \(index) of the vector is \(what); look at what the model was given")
    }
    let length = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    guard length > 0 else {
        throw IndexError(.invalidVector, subject, "the vector has length 0 and so no direction; look at what the model was given")
    }
    if abs(length - 1) <= 0x1p-21 { return vector }
    return vector.map { Float(Double($0) / length) }
}
