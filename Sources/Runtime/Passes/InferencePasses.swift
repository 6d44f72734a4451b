package import Graph

extension [Pass] {
    /// What makes a file's graph fast; the exporter validates with the same.
    package static let inference: [Pass] = [
        .widenNarrowFloats, .simplify, .shareCommon, .recoverOperators, .recoverActivations, .fuseAttention, .spellOutQuantized,
        .channelsLast, .moveBytes, .splitProducts, .moveBytes, .computeInInt8, .roundToBytes, .cancelTransposes, .attendInPlace,
        .cancelTransposes, .shareCommon, .sinkTransposes, .fuseMatMul, .foldConstants, .foldBatchNormalization,
        .convolveBeforeResize, .composeProducts, .fuseConv, .gateConvolutions, .withoutDeadNodes,
    ]

    /// The same with products, convolutions and attention in bfloat16.
    package static let bfloat16Inference: [Pass] = .inference + [.computeInBFloat16, .shareCommon, .withoutDeadNodes]
}
