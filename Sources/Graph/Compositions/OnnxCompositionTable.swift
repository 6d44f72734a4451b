/// Every operator that is read as others, the one list.
package enum OnnxCompositionTable {
    package static let all: [any OnnxComposition.Type] = [
        AffineGrid.self, Attention.self, BatchNormalizationNode.self, Col2Im.self, DeformConv.self, GlobalLpPool.self,
        GlobalMaxPool.self, LocalResponseNormalization.self, LpPool.self, MeanVarianceNormalization.self,
        RotaryEmbedding.self,
    ]
}
