import ArgumentParser
import Trainer

/// `dr-train distill`: a training run whose student also learns from a teacher.
struct Distill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trains a student from labels and from the answers of a trained teacher.",
        discussion: """
            The same as fit with distillation.teacher=RUN; shares and temperature are distillation.alpha, beta, gamma and
            temperature. An interrupted run goes on with fit --resume.
            """)

    @Option(help: "Folder of the run that teaches.")
    var teacher: String

    @Option(help: "YAML file; without one the defaults hold.")
    var config: String?

    @Option(help: "Folder of the run to make.")
    var output: String?

    @Flag(help: "Print the complete configuration and stop.")
    var printConfig = false

    @Flag(help: "Read data and compile the step, print what would be done, and stop.")
    var dryRun = false

    @Argument(help: "Overrides: key.sub=value, +key.sub=value, ~key.sub.")
    var overrides: [String] = []

    func run() async throws {
        let command = FitCommand(
            config: self.config, output: self.output, resume: nil, overrides: self.overrides,
            printsConfiguration: self.printConfig, isDryRun: self.dryRun, teacher: self.teacher)
        throw ExitCode(try await command.run())
    }
}
