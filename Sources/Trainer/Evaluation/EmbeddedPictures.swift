package import Metrics
package import Runtime
import Graph

/// Pictures as vectors, with the labels that they have and, of networks that say them, those that they were given.
package struct EmbeddedPictures: Sendable {
    package let rows: [LabelRow]
    package let embeddings: Embeddings
    /// `[N][labels]`; nil of networks without label logits.
    package let labelLogits: [[Double]]?

    /// Embeds all examples of a source that does not shuffle.
    ///
    /// - Parameter rows: of its examples.
    package init(
        _ source: any BatchSource, rows: [LabelRow], _ evaluator: Evaluator, on thread: ComputeThread, prefetch: Int,
        progress: (Int, Int) -> Void = { _, _ in }
    ) async throws {
        var values: [Float] = []
        var logits: [[Double]] = []
        var dimension = 1
        var done = 0
        try await evaluator.visit(source, on: thread, prefetch: prefetch) { batch, answer in
            dimension = answer.output.type.shape[1]
            values += answer.output.array(of: Float.self).prefix(batch.rows.count * dimension)
            if let tensor = answer.labelLogits {
                let all = tensor.array(of: Float.self)
                let labels = tensor.type.shape[1]
                logits += batch.rows.indices.map { all[($0 * labels)..<(($0 + 1) * labels)].map(Double.init) }
            }
            done += batch.rows.count
            progress(done, rows.count)
        }
        self.rows = rows
        self.embeddings = try Embeddings(values: values, dimension: dimension)
        self.labelLogits = logits.isEmpty ? nil : logits
    }

    package var count: Int { self.rows.count }
    package var labels: [LabelSet] { self.rows.map { LabelSet(bits: $0.labels) } }

    /// The class of each picture where every one has exactly one label; else nil.
    package var classes: [Int]? {
        guard self.rows.allSatisfy({ $0.labels.nonzeroBitCount == 1 }) else { return nil }
        return self.rows.map { $0.labels.trailingZeroBitCount }
    }

    /// Micro-, macro- and weighted F1 of the labels that the network gives, those with a logit above 0.
    package func labelScores(count: Int) throws(MetricError) -> MultiLabelScores? {
        guard let logits = self.labelLogits else { return nil }
        let truth = self.rows.map { row in (0..<count).map { row.labels >> UInt64($0) & 1 == 1 } }
        return try MultiLabelScores(logits: logits, truth: truth, classes: count)
    }
}
