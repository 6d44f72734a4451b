/// Every operator that is read as others, the one list.
package enum OnnxCompositionTable {
    package static let all: [any OnnxComposition.Type] = [
        AffineGrid.self, Attention.self, BatchNormalizationNode.self, CenterCropPad.self, Col2Im.self, Compress.self,
        DeformConv.self, DepthToSpace.self, Einsum.self, EyeLike.self, GlobalLpPool.self, GlobalMaxPool.self, Hardmax.self,
        LocalResponseNormalization.self, LpPool.self, MeanVarianceNormalization.self, MelWeightMatrix.self,
        NegativeLogLikelihoodLoss.self, NonMaxSuppression.self, NonZero.self, NumberRange.self, OneHot.self, Recurrence.self,
        ReduceL1.self, ReduceLogSum.self, ReduceLogSumExp.self, ReduceSumSquare.self, ResizeNode.self, ReverseSequence.self,
        RotaryEmbedding.self, ShortTimeFourier.self, SignalWindow.self, SoftmaxCrossEntropyLoss.self,
        SoftmaxNode<LogSoftmax>.self, SoftmaxNode<Softmax>.self, SpaceToDepth.self, TensorScatter.self, Tile.self, Trilu.self,
        Unique.self, Upsample.self,
    ]
}
