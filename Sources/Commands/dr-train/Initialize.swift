import ArgumentParser
import Trainer

/// `dr-train init`: a configuration to start from.
struct Initialize: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Prints a complete configuration with the defaults.")

    @Argument(help: "Overrides: key.sub=value.")
    var overrides: [String] = []

    func run() throws {
        print(try FitCommand.defaultConfiguration(overrides: self.overrides), terminator: "")
    }
}
