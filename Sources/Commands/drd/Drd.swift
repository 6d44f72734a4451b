import ArgumentParser
import Daemon
import Kernels
import Pipelines

@main
struct Drd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drd", abstract: "Serves models on a Unix socket (Open Inference Protocol v2, and screen).",
        version: DrVersion.current)

    @Option(help: "Path of the Unix socket; it gets mode 0660.")
    var socket: String

    @Option(help: "Directory with <name>/<version>/{card.json, model.onnx, model.onnx.data}.")
    var models: String

    @Option(help: "Threads that compute for a model (default: all cores of the process).")
    var threads: Int?

    @Option(help: "Requests of a model that are computed at once, each by its share of the threads.")
    var streams = 1

    @Flag(help: "Keep each stream on cores of its own.")
    var pin = false

    @Option(
        help: "auto, float32 or bfloat16; auto takes bfloat16 where the CPU has it and the model's card says that it is good.")
    var precision = PrecisionChoice.auto

    @Option(help: "Bytes of a request's body that are taken.")
    var maxBody = 64 << 20

    @Option(help: "Requests of a model that may wait; more are refused with 503.")
    var queue = 16

    @Flag(help: "Serve every version of a model, not only the newest.")
    var allVersions = false

    @Flag(help: "Log every request.")
    var verbose = false

    static func main() async {
        limitSpinning()
        await Self.main(nil)
    }

    func validate() throws {
        guard ComputeSettings.threadCounts.contains(self.threads ?? 1) else {
            throw ValidationError("--threads must be 1 to 1024.")
        }
        guard ComputeSettings.streamCounts.contains(self.streams) else { throw ValidationError("--streams must be 1 to 64.") }
        guard (1024...(1 << 30)).contains(self.maxBody) else { throw ValidationError("--max-body must be 1024 to 1073741824.") }
        guard (0...65_536).contains(self.queue) else { throw ValidationError("--queue must be 0 to 65536.") }
    }

    func run() async throws {
        var options = DaemonOptions(socket: self.socket, models: self.models)
        options.compute = ComputeSettings(
            precision: self.precision, threads: self.threads, streams: self.streams, pin: self.pin)
        options.largestBody = self.maxBody
        options.queue = self.queue
        options.allVersions = self.allVersions
        options.isVerbose = self.verbose
        throw ExitCode(await runDaemon(options))
    }
}

extension PrecisionChoice: ExpressibleByArgument {}
