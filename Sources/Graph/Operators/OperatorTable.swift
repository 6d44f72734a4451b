/// Every operator, the one list: what can be read from a file, and what the tests must cover.
package enum OperatorTable {
    package static let all: [any Operator.Type] = [
        // Attention
        PackedAttention.self, ScaledDotProductAttention.self,
        // Convolution
        Conv.self, ConvTranspose.self, FusedConv.self,
        // Elementwise
        Abs.self, Acos.self, Acosh.self, Add.self, And.self, Asin.self, Asinh.self, Atan.self, Atanh.self, BitShift.self,
        BitwiseAnd.self, BitwiseNot.self, BitwiseOr.self, BitwiseXor.self, Cast.self, Ceil.self, Celu.self, Clip.self, Cos.self,
        Cosh.self, Div.self, Dropout.self, Elu.self, Equal.self, Erf.self, Exp.self, Floor.self, Gelu.self, Greater.self,
        GreaterOrEqual.self, HardSigmoid.self, HardSwish.self, Identity.self, IsInf.self, IsNaN.self, LeakyRelu.self, Less.self,
        LessOrEqual.self, Log.self, Max.self, Min.self, Mish.self, Mod.self, Mul.self, Neg.self, Not.self, Or.self, PRelu.self,
        Pow.self, Reciprocal.self, Relu.self, Round.self, Selu.self, Shrink.self, Sigmoid.self, Sign.self, Silu.self, Sin.self,
        Sinh.self, Softplus.self, Softsign.self, Sqrt.self, Sub.self, Swish.self, Tan.self, Tanh.self, ThresholdedRelu.self,
        Where.self, Xor.self,
        // Linear
        FusedMatMul.self, Gemm.self, MatMul.self, SquaredDistances.self,
        // Loss
        DiceLoss.self, SigmoidCrossEntropy.self, SoftmaxCrossEntropy.self,
        // Movement
        Concat.self, Expand.self, Flatten.self, Gather.self, GatherElements.self, GatherND.self, Pad.self, Reshape.self,
        ScatterElements.self, ScatterND.self, Slice.self, Split.self, Squeeze.self, Transpose.self, Unsqueeze.self,
        // Normalization
        BatchNormalization.self, GroupNormalization.self, LayerNormalization.self, LogSoftmax.self, LpNormalization.self,
        RMSNormalization.self, Softmax.self,
        // Pooling
        AveragePool.self, GlobalAveragePool.self, MaxPool.self, MaxUnpool.self, RoiAlign.self,
        // Quantization
        ConvInteger.self, DequantizeLinear.self, DynamicQuantizeLinear.self, MatMulInteger.self, QLinearConv.self,
        QLinearMatMul.self, QuantizeLinear.self,
        // Reduction
        ArgMax.self, ArgMin.self, CumSum.self, Det.self, ReduceL2.self, ReduceMax.self, ReduceMean.self, ReduceMin.self,
        ReduceProd.self,
        ReduceSum.self, TopK.self,
        // Resampling
        GridSample.self, Resize.self,
        // Signal
        FourierTransform.self,
        // Training
        AdamWStep.self, AveragePoolGradient.self, BatchNormalizationGradient.self, BatchNormalizationTraining.self,
        ClipFactor.self, ConvInputGradient.self, ConvWeightGradient.self, DiceLossGradient.self, DropoutGradient.self,
        DropoutTraining.self, GatherGradient.self, GeluGradient.self, GradientNorm.self, LayerNormalizationGradient.self,
        LogSoftmaxGradient.self, MaxPoolGradient.self, PackedAttentionGradient.self, ReluGradient.self, ResizeGradient.self,
        SGDStep.self, ScaledDotProductAttentionGradient.self, SigmoidCrossEntropyGradient.self, SigmoidGradient.self,
        SiluGradient.self, SliceGradient.self, SoftmaxCrossEntropyGradient.self, SoftmaxGradient.self, TanhGradient.self,
        TripletMining.self,
    ]
}
