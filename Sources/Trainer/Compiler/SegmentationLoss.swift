package import Architectures
package import Graph

/// `(1 - w) BCE + w Dice` of a map of logits `[N, C, H, W]` with the input `target` of the same shape, 0 or 1: the mean of the
/// binary cross-entropies of all pixels, and one minus the Dice coefficient over the whole batch.
package struct SegmentationLoss: TrainingLoss {
    /// The share w of Dice, 0...1.
    package var diceWeight: Float

    package init(diceWeight: Float) {
        self.diceWeight = diceWeight
    }

    package func append(to model: inout ModelBuilder, _ network: NetworkOutputs) throws(GraphError) -> ValueID {
        let output = network.output
        let type = model.type(output)
        let target = model.graph.input("target", type)
        let mask = model.graph.input("mask", TensorType(.float32, [type.shape[0]]))
        let shape = [type.shape[0]] + [Int](repeating: 1, count: type.shape.count - 1)
        let weights = try model.graph.append(Reshape(shape), [mask], name: "loss/mask")[0]
        let entropy = try model.graph.append(SigmoidCrossEntropy(), [output, target, nil, weights], name: "loss/bce")[0]
        let dice = try model.graph.append(DiceLoss(), [output, target, weights], name: "loss/dice")[0]
        return try model.weightedSum([(1 - self.diceWeight, entropy), (self.diceWeight, dice)], name: "loss")
    }
}
