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

    @Option(help: "Segmentation: folder of the other pictures' masks.")
    var masks: String?

    @Option(help: "Segmentation: writes a PNG of some pictures with outlines, truth and answer.")
    var mosaic: String?

    @Option(help: "Segmentation: folder for the answered masks, as PNGs.")
    var masksOutput: String?

    @Option(help: "Retrieval: writes the 20 nearest training pictures of each query as CSV.")
    var neighbours: String?

    @Option(help: "Writes one line for each picture: grade and probabilities, or the figures of its mask.")
    var predictions: String?

    @Option(help: "Writes the figures as JSON.")
    var report: String?

    @Option(help: "Compute threads; 0 takes all cores.")
    var threads = 0

    func run() async throws {
        var command = EvaluateCommand(
            run: self.run, checkpoint: self.checkpoint, csv: self.csv, images: self.images, predictions: self.predictions,
            report: self.report, threads: self.threads)
        command.masks = self.masks
        command.mosaic = self.mosaic
        command.masksOutput = self.masksOutput
        command.neighbours = self.neighbours
        try await command.run()
    }
}
