import ArgumentParser
import Daemon
import Pipelines

@main
struct Dr: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dr", abstract: "Asks the daemon drd.", version: DrVersion.current,
        subcommands: [Screen.self, Segment.self, IndexCommand.self, Query.self, Health.self, Models.self])
}

struct Screen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Screens the pictures of a folder.",
        discussion: """
            One row for each .png, .jpg, .jpeg and DICOM file. Run again with the same output to go on after an interruption.
            Exit code 0: all fine; 2: some images failed; 3: nothing could be done; 130: interrupted.
            """)

    @Argument(help: "Folder with pictures; subfolders are not entered.")
    var folder: String

    @Option(help: "Where the rows go: a .csv or .jsonl file.")
    var output: String

    @OptionGroup var asking: Asking

    @Flag(help: "Overwrite the output instead of going on with it.")
    var restart = false

    func run() async throws {
        throw ExitCode(await runScreen(self.asking.options(self.folder, output: self.output, restart: self.restart)))
    }
}

struct Segment: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Segments the pictures of a folder.",
        discussion: """
            Masks (PNG, 0 and 255, of the picture's size) are named as the pictures; results.csv beside them has a row for each
            class of each picture. Run again with the same output to go on after an interruption.
            Exit code 0: all fine; 2: some images failed; 3: nothing could be done; 130: interrupted.
            """)

    @Argument(help: "Folder with .png, .jpg, .jpeg and DICOM files; subfolders are entered.")
    var folder: String

    @Option(help: "Folder for the masks and results.csv.")
    var output: String

    @OptionGroup var asking: Asking

    @Flag(help: "Write the pictures with outlines too.")
    var overlay = false

    @Flag(help: "Overwrite the output instead of going on with it.")
    var restart = false

    func run() async throws {
        let options = self.asking.options(self.folder, output: self.output, restart: self.restart)
        throw ExitCode(await runSegment(options, overlay: self.overlay))
    }
}

/// Whom a command asks about many pictures.
struct Asking: ParsableArguments {
    @Option(help: "The daemon's socket.")
    var socket: String

    @Option(help: "Name of the model; needed where the daemon has several.")
    var model: String?

    @Option(help: "Pictures under way at once.")
    var jobs = 2

    func validate() throws {
        guard (1...256).contains(self.jobs) else { throw ValidationError("--jobs must be 1 to 256.") }
    }

    func options(_ folder: String, output: String, restart: Bool) -> FolderOptions {
        var options = FolderOptions(folder: folder, socket: self.socket, output: output)
        options.model = self.model
        options.jobs = self.jobs
        options.restart = restart
        return options
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
