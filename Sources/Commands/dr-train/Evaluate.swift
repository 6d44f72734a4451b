import ArgumentParser
import Trainer

/// `dr-train evaluate`: the figures of a checkpoint on labelled pictures.
struct Evaluate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Evaluates a run's checkpoint on its held-out pictures, or on others.")

    @Argument(help: "Folder of the run.")
    var run: String

    @Option(help: "best, last, interrupted or epoch_N (default: best, else last).")
    var checkpoint: String?

    @Option(help: "CSV of other pictures.")
    var csv: String?

    @Option(help: "Folder of the other pictures.")
    var images: String?

    @Option(help: "Writes one line for each picture: grade and probabilities.")
    var predictions: String?

    @Option(help: "Writes the figures as JSON.")
    var report: String?

    @Option(help: "Compute threads; 0 takes all cores.")
    var threads = 0

    func run() async throws {
        try await EvaluateCommand(
            run: self.run, checkpoint: self.checkpoint, csv: self.csv, images: self.images, predictions: self.predictions,
            report: self.report, threads: self.threads
        ).run()
    }
}
