import ArgumentParser
import Daemon
import Pipelines

#if canImport(Glibc)
    import Glibc
#endif

@main
struct Drd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drd", abstract: "Serves models on a Unix socket (Open Inference Protocol v2, and screen).",
        version: DrVersion.current)

    @Option(help: "Path of the Unix socket; it gets mode 0660.")
    var socket: String

    @Option(help: "Directory with <name>/<version>/{card.json, model.onnx, model.onnx.data}.")
    var models: String

    @Option(help: "Threads that compute a request (default: all cores).")
    var threads: Int?

    @Option(help: "Bytes of a request's body that are taken.")
    var maxBody = 64 << 20

    @Option(help: "Requests of a model that may wait; more are refused with 503.")
    var queue = 16

    @Flag(help: "Serve every version of a model, not only the newest.")
    var allVersions = false

    @Flag(help: "Log every request.")
    var verbose = false

    func validate() throws {
        guard (1...1024).contains(self.threads ?? 1) else { throw ValidationError("--threads must be 1 to 1024.") }
        guard (1024...(1 << 30)).contains(self.maxBody) else { throw ValidationError("--max-body must be 1024 to 1073741824.") }
        guard (0...65_536).contains(self.queue) else { throw ValidationError("--queue must be 0 to 65536.") }
    }

    func run() async throws {
        let cores = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        var options = DaemonOptions(socket: self.socket, models: self.models, threads: self.threads ?? max(1, cores))
        options.largestBody = self.maxBody
        options.queue = self.queue
        options.allVersions = self.allVersions
        options.isVerbose = self.verbose
        throw ExitCode(await runDaemon(options))
    }
}
