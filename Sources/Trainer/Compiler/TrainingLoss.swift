package import Graph

/// The part of a step graph that compares a network's output with targets.
package protocol TrainingLoss: Sendable {
    /// Adds the targets as inputs, and the loss `[]`, which is returned.
    ///
    /// Every loss takes the input `mask` `[N]`: 1 for examples, 0 for rows that only fill the batch and leave no trace.
    ///
    /// - Parameter output: the network's output; its first axis is the batch.
    func append(to graph: inout Graph, _ output: ValueID) throws(GraphError) -> ValueID
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

    package func append(to graph: inout Graph, _ output: ValueID) throws(GraphError) -> ValueID {
        let batch = graph[output].type.shape[0]
        let labels = graph.input("labels", TensorType(.int64, [batch]))
        let mask = graph.input("mask", TensorType(.float32, [batch]))
        let weights = self.usesClassWeights ? graph.parameter(Self.classWeightsName, TensorType(.float32, [self.classes])) : nil
        let entropy = SoftmaxCrossEntropy(labelSmoothing: self.labelSmoothing)
        return try graph.append(entropy, [output, labels, weights, mask], name: "loss")[0]
    }
}
