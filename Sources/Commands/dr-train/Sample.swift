import ArgumentParser
import Trainer

/// `dr-train sample`: a synthetic data set.
struct Sample: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draws synthetic fundus photographs whose lesions determine the grade, or volumes of several labels.")

    @Argument(help: "Folder to make; it gets images/ and masks/ of the vessels, or volumes/, and labels.csv.")
    var directory: String

    @Option(help: "How many photographs.")
    var images = 400

    @Option(help: "The same seed draws the same photographs.")
    var seed: UInt64 = 1

    @Option(help: "Side of the photographs in pixels.")
    var size = 512

    @Option(help: "Draw so many volumes (NIfTI, 24 x 48 x 48) instead of photographs.")
    var volumes: Int?

    func run() async throws {
        try await SampleCommand(
            directory: self.directory, images: self.images, seed: self.seed, size: self.size, volumes: self.volumes
        ).run()
    }
}
