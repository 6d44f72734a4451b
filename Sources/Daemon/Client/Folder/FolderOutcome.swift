/// What became of a run over a folder.
package struct FolderOutcome<Verb: FolderVerb>: JobOutcome {
    let verb: Verb
    package var model: ModelSummary
    /// Every row of the folder's pictures, those of an earlier run included.
    package var rows: [ResultRow<Verb.Found>]
    /// Pictures that have rows.
    package var pictures: Int
    /// Pictures whose rows an earlier run made.
    package var resumed: Int
    /// Pictures of the folder without a row.
    package var missing: Int
    /// Why the run ended before its end; nil when it did not.
    package var stopped: DaemonError?
    package var isInterrupted = false

    package var exitCode: Int32 {
        if self.isInterrupted { return 130 }
        if self.rows.isEmpty { return 3 }
        let isFine = self.missing == 0 && self.stopped == nil && self.rows.allSatisfy { $0.status == .ok }
        return isFine ? 0 : 2
    }

    var summary: String {
        let failures = self.rows.compactMap { row in row.failure.map { (row.file, $0) } }
        var lines = [["model", "\(self.model.name)/\(self.model.version) \((self.model.sha256 ?? "").prefix(12))"]]
        lines.append(["images", "\(self.pictures + self.missing)"])
        if self.resumed > 0 { lines.append(["from an earlier run", "\(self.resumed)"]) }
        lines += self.verb.summary(self.rows, self.model)
        lines.append(["failed", "\(failures.count)"])
        if self.missing > 0 { lines.append(["not done", "\(self.missing)"]) }
        return aligned(lines + failureLines(failures))
    }
}

/// The first failures of pictures for a summary, and how many more there are.
func failureLines(_ failures: [(picture: String, failure: PictureFailure)]) -> [[String]] {
    let shown = failures.prefix(20).map { ["  \(printable($0.picture))", "\($0.failure.code): \($0.failure.message)"] }
    return shown + (failures.count > 20 ? [["  and \(failures.count - 20) more", "see the output"]] : [])
}
