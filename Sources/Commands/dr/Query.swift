import ArgumentParser
import Daemon

extension QueryFormat: ExpressibleByArgument {}

/// The pictures of an index that are most like some.
struct Query: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Finds the pictures of a model's index that are most like some.",
        discussion: "Exit code 0: all fine; 2: some pictures failed; 3: nothing could be done.")

    @Argument(help: "Pictures to find similar ones for.")
    var pictures: [String]

    @Option(help: "The daemon's socket.")
    var socket: String

    @Option(help: "Name of the model; needed where the daemon has several.")
    var model: String?

    @Option(name: .customShort("k"), help: "Neighbours.")
    var count = 10

    @Option(help: "table, json (as the daemon gives it) or html (one file to look at, with --pictures).")
    var format = QueryFormat.table

    @Option(help: "A file for the answer instead of standard output.")
    var output: String?

    @Flag(help: "Leave out the entry that is called as the picture.")
    var excludeSelf = false

    @Option(help: "Leave out the entries of a patient.")
    var excludePatient: String?

    @Option(help: "Only entries with all of these labels, separated by commas.")
    var labelAll: String?

    @Option(help: "Only entries with one of these labels.")
    var labelAny: String?

    @Option(help: "Only entries with none of these labels.")
    var labelNone: String?

    @Option(name: .customLong("pictures"), help: "Folder of the index's pictures, for --format html and --exclude-self.")
    var folder: String?

    func validate() throws {
        guard self.count >= 1 else { throw ValidationError("-k must be 1 or more.") }
    }

    func run() async throws {
        func labels(_ list: String?) -> [String] { (list ?? "").split(separator: ",").map(String.init) }
        var options = QueryOptions(pictures: self.pictures, socket: self.socket)
        options.model = self.model
        options.count = self.count
        options.format = self.format
        options.output = self.output
        options.excludesSelf = self.excludeSelf
        options.excludedPatient = self.excludePatient
        options.allLabels = labels(self.labelAll)
        options.anyLabel = labels(self.labelAny)
        options.noLabel = labels(self.labelNone)
        options.folder = self.folder
        throw ExitCode(await runQuery(options))
    }
}
