import ArgumentParser
import Kernels
import Pipelines
import Trainer

/// `dr-train`: from labelled pictures to checkpoints.
@main
struct DrTrain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dr-train", abstract: "Trains networks for screening, segmentation and retrieval, and evaluates them.",
        version: DrVersion.current,
        subcommands: [Sample.self, Fit.self, Distill.self, Evaluate.self, Initialize.self])

    static func main() async {
        limitSpinning()
        await Self.main(nil)
    }
}
