import ArgumentParser
import Trainer

/// `dr-train fit`: a training run, or the rest of one.
struct Fit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trains a model from a configuration, or goes on with an interrupted run.",
        discussion: "SIGINT and SIGTERM save everything and end the run between two steps; a second one ends it at once.")

    @Option(help: "YAML file; without one the defaults hold.")
    var config: String?

    @Option(help: "Folder of the run to make.")
    var output: String?

    @Option(help: "Folder of a run to go on with.")
    var resume: String?

    @Flag(help: "Print the complete configuration and stop.")
    var printConfig = false

    @Flag(help: "Read data and compile the step, print what would be done, and stop.")
    var dryRun = false

    @Argument(help: "Overrides: key.sub=value, +key.sub=value, ~key.sub.")
    var overrides: [String] = []

    func run() async throws {
        let command = FitCommand(
            config: self.config, output: self.output, resume: self.resume, overrides: self.overrides,
            printsConfiguration: self.printConfig, isDryRun: self.dryRun)
        throw ExitCode(try await command.run())
    }
}
