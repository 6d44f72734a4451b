package import Checkpoints
package import Graph
package import Runtime

/// A figure of an epoch: its column in `results.csv`, and its name on the line of progress.
package struct Figure: Sendable, Hashable {
    package let column: String
    package let label: String

    package init(_ column: String, _ label: String) {
        self.column = column
        self.label = label
    }
}

/// What a run learns: where its batches come from, what the loss is, and how the held-out examples are judged.
package protocol Objective: Sendable {
    var loss: any TrainingLoss { get }
    /// Values of the parameters that the loss declares, by name.
    var lossParameters: [String: Tensor] { get }
    var trainingCount: Int { get }
    var heldOutCount: Int { get }
    /// Examples of a training step.
    var batchSize: Int { get }
    /// Batches of that size.
    func trainingBatches() -> any BatchSource
    /// All training examples in their order, unchanged.
    func trainingPictures(size: Int) -> any BatchSource
    /// The figures that `judge` gives, in the order in which they are shown.
    var figures: [Figure] { get }
    /// Figures of the held-out examples by column; those that are undefined are left out.
    func judge(_ evaluator: Evaluator, on thread: ComputeThread) async throws -> [String: Double]
    /// By which epochs are compared: larger is better; nil where it is undefined.
    func merit(_ figures: [String: Double]) -> Double?
    /// Files of the run that say what it learns and from what, by name.
    func files() throws -> [String: [UInt8]]
    /// Lines for a person: the parts of the data, and warnings.
    var summary: [String] { get }
    /// Reads every example, so that those that cannot be used are refused together, before training starts.
    func readAll(progress: @Sendable (_ done: Int, _ total: Int) -> Void) throws(DataError)
    /// What is to be computed before the first step of a new or resumed run.
    func prepare(in directory: RunDirectory, on thread: ComputeThread) async throws
}

extension Objective {
    package func prepare(in directory: RunDirectory, on thread: ComputeThread) async throws {}
}
