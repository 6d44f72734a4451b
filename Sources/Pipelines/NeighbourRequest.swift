import Index
import Settings

/// A question for the pictures most like one, with what may not be found.
package struct NeighbourRequest: Sendable, Hashable {
    /// Neighbours, 1 to `largestCount`.
    package var count = 10
    /// The entry that is not to be found: the query's own.
    package var excludedID: String?
    /// The patient none of whose entries is to be found.
    package var excludedPatient: String?
    /// Labels that an entry must all have.
    package var all: [String] = []
    /// Labels of which an entry must have one; empty for no condition.
    package var any: [String] = []
    /// Labels of which an entry may have none.
    package var none: [String] = []

    package static let largestCount = 1000

    package init() {}

    /// The query for an embedding; unknown labels are refused.
    func query(_ embedding: [Float], _ task: RetrievalTask) throws(PipelineError) -> Query {
        let filter = LabelFilter(
            all: try bits(self.all, task, "label_all"), any: try bits(self.any, task, "label_any"),
            none: try bits(self.none, task, "label_none"))
        return Query(embedding, excludedID: self.excludedID, excludedPatient: self.excludedPatient, labels: filter)
    }

    /// Throws when a setting is out of range or a label is unknown, so that nothing is computed for it.
    func check(_ task: RetrievalTask) throws(PipelineError) {
        guard (1...Self.largestCount).contains(self.count) else {
            throw PipelineError(.input, "k", "is \(self.count); 1 to \(Self.largestCount) neighbours can be asked for")
        }
        _ = try self.query([], task)
    }

    /// What the answer says about entries of the query itself.
    package var selfMatch: String {
        switch (self.excludedID != nil, self.excludedPatient != nil) {
        case (false, false): "kept: entries of the query itself are listed; name them with exclude_id or exclude_patient"
        case (true, false): "the entry with the excluded id is left out"
        case (false, true): "entries of the excluded patient are left out"
        case (true, true): "the entry with the excluded id and entries of the excluded patient are left out"
        }
    }
}

private func bits(_ names: [String], _ task: RetrievalTask, _ subject: String) throws(PipelineError) -> UInt64 {
    var bits: UInt64 = 0
    for name in names {
        guard let index = task.labelNames.firstIndex(of: name) else {
            let nearest = nearestName(to: name, among: task.labelNames).map { "; did you mean \($0)?" } ?? ""
            let known = task.labelNames.joined(separator: ", ")
            throw PipelineError(
                .input, subject, "names a label that the model does not know\(nearest) Its labels are \(known)",
                detail: "unknown_label")
        }
        bits |= 1 << UInt64(index)
    }
    return bits
}
