package import Pipelines
import Logging

#if canImport(Glibc)
    import Glibc
#endif

/// What `drd` is started with.
package struct DaemonOptions: Sendable {
    package var socket: String
    /// The directory `<name>/<version>/card.json`.
    package var models: String
    /// How models compute whose `model.yaml` says nothing else.
    package var compute = ComputeSettings()
    /// Bytes of a request's body.
    package var largestBody = 64 << 20
    /// Requests of a model that may wait.
    package var queue = 16
    /// Older versions are served too, not only the newest.
    package var allVersions = false
    /// Every request is logged, not only the daemon's own faults.
    package var isVerbose = false

    package init(socket: String, models: String) {
        self.socket = socket
        self.models = models
    }
}

/// Serves the models of a directory until SIGTERM or SIGINT; returns the exit code: 0 after an orderly stop, 1 when the daemon
/// cannot start or no model can be used.
package func runDaemon(_ options: DaemonOptions) async -> Int32 {
    var logger = Logger(label: "drd") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = options.isVerbose ? .debug : .info
    let log = logger
    let signals = TerminationSignals()
    let repository = ModelRepository(directory: options.models, compute: options.compute)
    let server: Server
    do {
        try await repository.scan(allVersions: options.allVersions)
        let service = InferenceService(repository: repository, largestBody: options.largestBody, queue: options.queue)
        server = try await Server(path: options.socket, service: service) { record in
            let line = "\(record.method) \(record.path) \(record.status) \(Int(record.milliseconds)) ms"
            if let fault = record.fault { log.error("\(line): \(fault)") } else { log.debug("\(line)") }
        }
    } catch {
        log.critical("\(error)")
        return 1
    }
    let loading = Task { await load(repository, options, log, server) }
    let stopping = Task {
        guard await signals.first() else { return }
        log.notice("stopping: requests in flight are finished first")
        await repository.drain()
        server.stop()
    }
    await server.run()
    stopping.cancel()
    loading.cancel()
    let isUsable = await loading.value
    log.notice("stopped")
    return isUsable ? 0 : 1
}

/// Loads all models and says so; stops the server when none can be used. Returns whether one can.
private func load(_ repository: ModelRepository, _ options: DaemonOptions, _ log: Logger, _ server: Server) async -> Bool {
    let clock = ContinuousClock()
    let start = clock.now
    await repository.load { entry in
        switch entry.state {
        case .ready(let served):
            log.info("model \(entry.name)/\(entry.version) is ready, SHA-256 \(served.sha256)")
            log.info("model \(entry.name)/\(entry.version) computes in \(served.computing)")
            if let note = served.note { log.warning("model \(entry.name)/\(entry.version): \(note)") }
        case .failed(let error):
            log.error("model \(entry.name)/\(entry.version) cannot be used: \(error)")
        case .loading, .unloaded:
            break
        }
    }
    let ready = await repository.all.filter { if case .ready = $0.state { true } else { false } }
    guard !ready.isEmpty else {
        // Asked before stopping, because what stops with the server cancels this task.
        let wasStopped = Task.isCancelled
        if !wasStopped { log.critical("no model can be used") }
        server.stop()
        return wasStopped
    }
    if await repository.isReady {
        print("drd is ready: \(ready.count) model(s) on \(options.socket) after \(Int(milliseconds(clock.now - start))) ms")
        fflush(nil)
    }
    return true
}
