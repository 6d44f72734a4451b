import ArgumentParser
import Daemon

/// The index of a model: the pictures that `dr query` finds.
struct IndexCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index", abstract: "Keeps the index of a model's pictures.",
        subcommands: [Build.self, Add.self, Remove.self, Verify.self])

    /// What `build` and `add` take beside the folder.
    struct Adding: ParsableArguments {
        @Option(help: "Name of the model; needed where the daemon has several.")
        var model: String?

        @Option(help: "The daemon's socket.")
        var socket: String?

        @Option(
            help: ArgumentHelp(
                "CSV with id_code, diagnosis or a 0/1 column for each label, and patient_id where known. Only its pictures are added."
            ))
        var labels: String?

        @Option(help: "Pictures under way at once.")
        var jobs = 2

        @Option(help: "Pictures that are written at once.")
        var batch = 32

        func validate() throws {
            guard (1...256).contains(self.jobs) else { throw ValidationError("--jobs must be 1 to 256.") }
            guard (1...10_000).contains(self.batch) else { throw ValidationError("--batch must be 1 to 10000.") }
        }

        func options(_ index: String, _ folder: String) throws -> IndexOptions {
            guard let socket = self.socket else { throw ValidationError("--socket is missing: who is to embed the pictures?") }
            var options = IndexOptions(index: index, folder: folder, socket: socket)
            options.model = self.model
            options.labels = self.labels
            options.jobs = self.jobs
            options.batch = self.batch
            return options
        }
    }

    struct Build: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes an index and adds a folder's pictures; without a folder makes the snapshot anew.",
            discussion: """
                The daemon looks for the index of model M at models/M/index. Pictures in subfolders are added too; an entry is called
                as its file below the folder, without the extension. Run again to go on after an interruption.
                Exit code 0: all fine; 2: some pictures failed; 3: nothing could be done; 130: interrupted.
                """)

        @Argument(help: "The index's directory.")
        var index: String

        @Argument(help: "Folder with pictures.")
        var folder: String?

        @OptionGroup var adding: Adding

        func run() async throws {
            guard let folder = self.folder else {
                guard self.adding.labels == nil else { throw ValidationError("--labels needs a folder of pictures.") }
                throw ExitCode(runIndexBuild(self.index))
            }
            var options = try self.adding.options(self.index, folder)
            options.creates = true
            throw ExitCode(await runIndexAdd(options))
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds a folder's pictures to an index.",
            discussion: "Pictures that are in the index are not embedded again. Exit codes are those of build.")

        @Argument(help: "The index's directory.")
        var index: String

        @Argument(help: "Folder with pictures.")
        var folder: String

        @OptionGroup var adding: Adding

        func run() async throws {
            throw ExitCode(await runIndexAdd(try self.adding.options(self.index, self.folder)))
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Removes entries from an index (exit code 2 when one was not there).")

        @Argument(help: "The index's directory.")
        var index: String

        @Argument(help: "Entries.")
        var ids: [String]

        func run() throws { throw ExitCode(runIndexRemove(self.index, ids: self.ids)) }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reads a whole index and says whether it holds together (0 yes, 2 no, 3 there is none).")

        @Argument(help: "The index's directory.")
        var index: String

        func run() throws { throw ExitCode(runIndexVerify(self.index)) }
    }
}
