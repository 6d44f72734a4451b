/// A question for the nearest entries.
package struct Query: Sendable {
    /// The embedding, of any length but 0.
    package var embedding: [Float]
    /// The entry that is not to be found: the query's own.
    package var excludedID: String?
    /// The patient none of whose entries is to be found.
    package var excludedPatient: String?
    package var labels: LabelFilter

    package init(
        _ embedding: [Float], excludedID: String? = nil, excludedPatient: String? = nil, labels: LabelFilter = LabelFilter()
    ) {
        self.embedding = embedding
        self.excludedID = excludedID
        self.excludedPatient = excludedPatient
        self.labels = labels
    }
}

/// A condition on the label bits of an entry. The empty one holds for all.
package struct LabelFilter: Sendable, Hashable {
    /// Bits that must all be set.
    package var all: UInt64
    /// Bits of which one must be set; 0 for no condition.
    package var any: UInt64
    /// Bits of which none may be set.
    package var none: UInt64

    package init(all: UInt64 = 0, any: UInt64 = 0, none: UInt64 = 0) {
        self.all = all
        self.any = any
        self.none = none
    }

    package var isEmpty: Bool { self.all | self.any | self.none == 0 }

    package func accepts(_ labels: UInt64) -> Bool {
        labels & self.all == self.all && (self.any == 0 || labels & self.any != 0) && labels & self.none == 0
    }
}

/// An entry that was found.
package struct Neighbour: Sendable, Hashable {
    package let id: String
    package let patient: String?
    package let labels: UInt64
    /// The Euclidean distance of the two vectors of length 1; 0 exactly when they are equal.
    package let distance: Double
    /// The cosine of their angle: 1 - distance^2 / 2.
    package let cosine: Double
}

/// The answer to some queries.
package struct QueryResult: Sendable {
    /// For each query its neighbours: ascending distance, equal distances in the order in which they were added. Fewer than were
    /// asked for where fewer are in the index or pass the query's conditions.
    package let neighbours: [[Neighbour]]
    /// Entries in the index when it was searched.
    package let entries: Int
    /// What a person should know, such as that the index is smaller than the number of neighbours asked for.
    package let note: String?
}
