import ArgumentParser
import Daemon
import Pipelines

@main
struct Dr: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dr", abstract: "Asks the daemon drd.", version: DrVersion.current,
        subcommands: [Screen.self, Health.self, Models.self])
}

struct Screen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Screens the pictures of a folder.",
        discussion: """
            One row for each .png, .jpg and .jpeg file. Run again with the same output to go on after an interruption.
            Exit code 0: all fine; 2: some images failed; 3: nothing could be done; 130: interrupted.
            """)

    @Argument(help: "Folder with pictures; subfolders are not entered.")
    var folder: String

    @Option(help: "The daemon's socket.")
    var socket: String

    @Option(help: "Where the rows go: a .csv or .jsonl file.")
    var output: String

    @Option(help: "Name of the model; needed where the daemon has several.")
    var model: String?

    @Option(help: "Pictures under way at once.")
    var jobs = 2

    @Flag(help: "Overwrite the output instead of going on with it.")
    var restart = false

    func validate() throws {
        guard (1...256).contains(self.jobs) else { throw ValidationError("--jobs must be 1 to 256.") }
    }

    func run() async throws {
        var options = ScreenOptions(folder: self.folder, socket: self.socket, output: self.output)
        options.model = self.model
        options.jobs = self.jobs
        options.restart = self.restart
        throw ExitCode(await runScreen(options))
    }
}

struct Health: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says whether the daemon is ready (0 ready, 2 alive, 3 not there).")

    @Option(help: "The daemon's socket.")
    var socket: String

    func run() async throws {
        throw ExitCode(await runHealth(socket: self.socket))
    }
}

struct Models: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the daemon's models.")

    @Option(help: "The daemon's socket.")
    var socket: String

    func run() async throws {
        throw ExitCode(await runModels(socket: self.socket))
    }
}
