import Index

/// `dr index build` and `dr index add` with a folder: a line on standard output for every batch that is in the index for good, then a
/// summary; returns the exit code.
package func runIndexAdd(_ options: IndexOptions) async -> Int32 {
    await runJob { progress in
        let job = IndexJob(options) { batch in
            let present = batch.alreadyPresent > 0 ? ", \(batch.alreadyPresent) already present" : ""
            say("committed \(batch.added)\(present); \(batch.done) of \(batch.total) done, up to \(printable(batch.lastID))")
        } progress: {
            progress($0, $1)
        }
        return try await job.run()
    }
}

/// `dr index build` without a folder: makes the snapshot anew.
package func runIndexBuild(_ path: String) -> Int32 {
    reporting {
        let index = try VectorIndex(opening: path)
        let result = try index.build()
        say(aligned([["entries", "\(result.entries)"], ["bytes", "\(result.byteCount)"]]), end: "")
        return 0
    }
}

/// `dr index remove`: the entries, and their vectors in the snapshot. Exit code 2 when one was not there.
package func runIndexRemove(_ path: String, ids: [String]) -> Int32 {
    reporting {
        let index = try VectorIndex(opening: path)
        let ids = Set(ids).sorted()
        let unknown = try ids.filter { try index.entry(id: $0) == nil }
        let removed = try index.remove(ids: ids)
        if removed > 0, try index.report().snapshot == .behind { _ = try index.build() }
        say("removed \(removed)")
        for id in unknown { complain("dr: \(shown(id)) is not in the index") }
        return unknown.isEmpty ? 0 : 2
    }
}

/// `dr index verify`: reads everything. Exit code 2 when something does not hold together.
package func runIndexVerify(_ path: String) -> Int32 {
    reporting {
        do throws(IndexError) {
            let index = try VectorIndex(opening: path)
            let report = try index.verify()
            say(
                aligned([["model", index.model.description]] + report.lines + [["verified", "everything holds together"]]),
                end: "")
            return 0
        } catch {
            guard error.code == .corrupted else { throw error }
            complain("dr: \(error)")
            return 2
        }
    }
}

/// Runs a command on an index; errors go to standard error with exit code 3.
private func reporting(_ body: () throws -> Int32) -> Int32 {
    do {
        return try body()
    } catch {
        complain("dr: \(error)")
        return 3
    }
}
