/// `dr screen`: runs the job with progress on standard error and a summary on standard output; returns the exit code.
package func runScreen(_ options: FolderOptions) async -> Int32 {
    await runJob { progress in try await ScreenJob(options, progress: progress).run() }
}

/// `dr segment`: the same with masks, see `Segmentation`; `options.output` is a folder.
package func runSegment(_ options: FolderOptions, overlay: Bool) async -> Int32 {
    await runJob { progress in try await SegmentJob(options, overlay: overlay, progress: progress).run() }
}

/// `dr health`: exit code 0 when every model is ready, 2 when the daemon is alive but not ready, 3 when it is not.
package func runHealth(socket: String) async -> Int32 {
    do {
        let answer = try await UnixClient(path: socket).send(Request("GET", "/v2/health/ready"))
        say(answer.status == 200 ? "ready" : "alive, not ready")
        return answer.status == 200 ? 0 : 2
    } catch {
        complain("dr: \(error)")
        return 3
    }
}

/// `dr models`: a line for each version of each model; exit code 3 when there is no daemon.
package func runModels(socket: String) async -> Int32 {
    do {
        let lines = try await UnixClient(path: socket).models().map { model in
            let rest = model.sha256 ?? model.reason
            return [model.name, String(model.version), model.state, model.precision ?? "-", rest]
        }
        say(aligned([["NAME", "VERSION", "STATE", "PRECISION", "SHA-256 OR REASON"]] + lines), end: "")
        return 0
    } catch {
        complain("dr: \(error)")
        return 3
    }
}
