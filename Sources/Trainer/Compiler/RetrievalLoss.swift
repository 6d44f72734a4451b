package import Architectures
package import Graph

/// A loss over the embeddings `[N, E]` of a batch, or over the label logits computed from them.
package struct RetrievalLoss: TrainingLoss {
    package enum Kind: Sendable, Hashable {
        /// Triplets mined within the batch by squared distance (inputs: `labels` with a bit for each label).
        case triplet(TripletMining.Choice)
        /// Each example's farthest positive and nearest negative, by distance (`labels`: equal ones are positives).
        case batchHard
        /// One minus the mean over examples of the graded micro-F1 of their labels (`targets` `[N, labels]`).
        case microF1
    }

    package var kind: Kind
    package var margin: Float

    package init(_ kind: Kind, margin: Float) {
        self.kind = kind
        self.margin = margin
    }

    package func append(to model: inout ModelBuilder, _ network: NetworkOutputs) throws(GraphError) -> ValueID {
        let embeddings = network.output
        let count = model.type(embeddings).shape[0]
        let mask = model.graph.input("mask", TensorType(.float32, [count]))
        switch self.kind {
        case .triplet(let choice):
            let labels = model.graph.input("labels", TensorType(.int64, [count]))
            let distances = try model.apply(SquaredDistances(), embeddings, embeddings, name: "loss/distances")
            let (seed, stream) = model.randomStream()
            let mining = TripletMining(choice, margin: self.margin, stream: stream)
            let mined = try model.graph.append(mining, [distances, labels, mask, seed], name: "loss/mining")
            return try model.graph.tripletLoss(
                queries: embeddings, items: embeddings, anchors: mined[0], positives: mined[1], negatives: mined[2],
                mask: mined[3],
                margin: self.margin)
        case .batchHard:
            let labels = model.graph.input("labels", TensorType(.int64, [count]))
            return try model.graph.batchHardTripletLoss(
                embeddings: embeddings, labels: labels, mask: mask, margin: self.margin)
        case .microF1:
            guard let logits = network.labelLogits else {
                throw GraphError(.unsupported, "loss", "the network has no label logits to compare with labels")
            }
            let targets = model.graph.input("targets", model.type(logits))
            return try model.graph.gradedMicroF1Loss(logits: logits, targets: targets, mask: mask)
        }
    }
}
