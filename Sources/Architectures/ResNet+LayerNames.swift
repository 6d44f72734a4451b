extension ResNet {
    /// What the layers of the trunk are called, by whom the trunk belongs to.
    struct LayerNames: Sendable, Hashable {
        /// Comes before every name, with its dot.
        let prefix: String
        /// The stem's convolution and its normalisation.
        let convolution: String
        let norm: String
        /// The four stages.
        let stages: [String]

        private init(prefix: String, convolution: String, norm: String, stages: [String]) {
            self.prefix = prefix
            self.convolution = prefix + convolution
            self.norm = prefix + norm
            self.stages = stages.map { prefix + $0 }
        }

        /// torchvision's and timm's: `conv1`, `bn1`, `layer1` to `layer4`.
        static func published(prefix: String = "") -> LayerNames {
            LayerNames(prefix: prefix, convolution: "conv1", norm: "bn1", stages: (1...4).map { "layer\($0)" })
        }

        /// Those of PyTorch's `Sequential` over the published layers in their order, in which ReLU and pooling count.
        static func sequential(prefix: String) -> LayerNames {
            LayerNames(prefix: prefix, convolution: "0", norm: "1", stages: (4...7).map(String.init))
        }

        /// The name here of a parameter that is called `name` under other layer names; nil where it is no part of the trunk.
        func renaming(_ name: String, from other: LayerNames) -> String? {
            let pairs = [(other.convolution, self.convolution), (other.norm, self.norm)] + zip(other.stages, self.stages)
            for (old, new) in pairs where name.hasPrefix(old + ".") { return new + name.dropFirst(old.count) }
            return nil
        }
    }
}
