package import Architectures
package import Graph

/// The part of a step graph that compares what a network gives with targets.
package protocol TrainingLoss: Sendable {
    /// Adds the targets as inputs, and the loss `[]`, which is returned. May declare parameters that learn.
    ///
    /// Every loss takes the input `mask` `[N]`: 1 for examples, 0 for rows that only fill the batch and leave no trace.
    ///
    /// - Parameter network: what the network gives; the first axis is the batch.
    func append(to model: inout ModelBuilder, _ network: NetworkOutputs) throws(GraphError) -> ValueID
}

/// Cross-entropy of logits `[N, classes]` with the input `labels` int64 `[N]`.
package struct ClassificationLoss: TrainingLoss {
    package var classes: Int
    /// Share of the target spread evenly over all classes.
    package var labelSmoothing: Float
    /// The loss is weighted by a `[classes]` parameter.
    package var usesClassWeights: Bool

    /// The name of the `[classes]` parameter with the class weights.
    package static let classWeightsName = "loss.class_weights"

    package init(classes: Int, labelSmoothing: Float = 0, usesClassWeights: Bool = false) {
        self.classes = classes
        self.labelSmoothing = labelSmoothing
        self.usesClassWeights = usesClassWeights
    }

    package func append(to model: inout ModelBuilder, _ network: NetworkOutputs) throws(GraphError) -> ValueID {
        let output = network.output
        let batch = model.type(output).shape[0]
        let labels = model.graph.input("labels", TensorType(.int64, [batch]))
        let mask = model.graph.input("mask", TensorType(.float32, [batch]))
        let weights =
            self.usesClassWeights ? model.graph.parameter(Self.classWeightsName, TensorType(.float32, [self.classes])) : nil
        let entropy = SoftmaxCrossEntropy(labelSmoothing: self.labelSmoothing)
        return try model.graph.append(entropy, [output, labels, weights, mask], name: "loss")[0]
    }
}
