package import Index

/// What became of adding a folder to an index.
package struct IndexOutcome: JobOutcome {
    let index: String
    package var model: ModelSummary
    /// Pictures that were to be in the index.
    package var pictures: Int
    package var added = 0
    /// Pictures that were in the index already.
    package var alreadyPresent: Int
    /// Pictures of the folder that the CSV does not name.
    package var leftOut: Int
    /// Columns of the CSV that were not used.
    package var unusedColumns: [String]
    package var failures: [(picture: String, failure: PictureFailure)] = []
    /// Pictures that nothing was done about.
    package var missing = 0
    package var stopped: DaemonError?
    package var isInterrupted = false
    /// The index afterwards; nil when there is none.
    package var report: IndexReport?

    init(
        index: String, model: ModelSummary, pictures: Int, alreadyPresent: Int, leftOut: Int, unusedColumns: [String]
    ) {
        self.index = index
        self.model = model
        self.pictures = pictures
        self.alreadyPresent = alreadyPresent
        self.leftOut = leftOut
        self.unusedColumns = unusedColumns
    }

    package var exitCode: Int32 {
        if self.isInterrupted { return 130 }
        if self.added + self.alreadyPresent == 0 { return 3 }
        return self.failures.isEmpty && self.missing == 0 && self.stopped == nil ? 0 : 2
    }

    var summary: String {
        var lines = [["model", "\(self.model.name)/\(self.model.version) \((self.model.sha256 ?? "").prefix(12))"]]
        lines.append(["images", "\(self.pictures)"])
        if self.leftOut > 0 { lines.append(["not in the CSV, left out", "\(self.leftOut)"]) }
        if !self.unusedColumns.isEmpty {
            lines.append(["columns not used", self.unusedColumns.map(printable).joined(separator: ", ")])
        }
        lines.append(["added", "\(self.added)"])
        lines.append(["already present", "\(self.alreadyPresent)"])
        lines.append(["failed", "\(self.failures.count)"])
        if self.missing > 0 { lines.append(["not done", "\(self.missing)"]) }
        lines += self.report?.lines ?? []
        return aligned(lines + failureLines(self.failures))
    }
}

extension IndexReport {
    /// Lines of a table.
    var lines: [[String]] {
        let state =
            switch self.snapshot {
            case .current: "current"
            case .behind: "behind: \(self.inMemory) entries are searched from memory; dr index build renews it"
            case .missing: "missing: dr index build makes it"
            }
        return [["entries", "\(self.entries)"], ["changes so far", "\(self.generation)"], ["snapshot", state]]
    }
}
