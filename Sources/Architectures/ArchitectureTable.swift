/// The architectures by the names that configurations use.
package enum ArchitectureTable {
    package static let names =
        [
            "resnet18", "resnet50", "vit_tiny_patch16", "vit_small_patch16", "vit_base_patch16", "vit_large_patch16",
            "retfound", "unet_resnet18", "proximity100x100",
        ] + SegFormer.Size.allCases.map(\.rawValue)

    /// Whether the network gives a map of logits instead of one vector.
    package static func isDense(_ name: String) -> Bool {
        name == "unet_resnet18" || SegFormer.Size(rawValue: name) != nil
    }

    /// Whether the network takes volumes `[N, S, 1, H, W]` instead of pictures.
    package static func isVolumetric(_ name: String) -> Bool { name == "proximity100x100" }

    /// The architecture of that name, nil when there is none.
    /// - Parameters:
    ///   - imageSize: side of the square input; convolutional networks take any.
    ///   - globalPool: for transformers, mean of the patch tokens instead of the class token.
    ///   - embedding: for networks that embed by layers of their own; nil for their own default.
    package static func make(
        _ name: String, classes: Int, imageSize: Int, globalPool: Bool, embedding: EmbeddingHead? = nil
    ) -> (any Architecture)? {
        func transformer(width: Int, depth: Int, heads: Int, mean: Bool) -> VisionTransformer {
            VisionTransformer(
                name: name, width: width, depth: depth, heads: heads, imageSize: imageSize,
                pooling: mean ? .mean : .classToken, classes: classes)
        }
        switch name {
        case "resnet18": return ResNet.resNet18(classes: classes)
        case "resnet50": return ResNet.resNet50(classes: classes)
        case "vit_tiny_patch16": return transformer(width: 192, depth: 12, heads: 3, mean: globalPool)
        case "vit_small_patch16": return transformer(width: 384, depth: 12, heads: 6, mean: globalPool)
        case "vit_base_patch16": return transformer(width: 768, depth: 12, heads: 12, mean: globalPool)
        case "vit_large_patch16": return transformer(width: 1024, depth: 24, heads: 16, mean: globalPool)
        case "retfound": return transformer(width: 1024, depth: 24, heads: 16, mean: true)
        case "unet_resnet18": return UNet(name: name, encoder: .resNet18(classes: 1), classes: classes)
        case "proximity100x100": return Proximity(name: name, head: embedding ?? Proximity.standardHead(labels: classes))
        default: return SegFormer.Size(rawValue: name).map { SegFormer($0, classes: classes) }
        }
    }
}
