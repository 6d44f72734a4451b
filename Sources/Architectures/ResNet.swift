package import Graph

/// ResNet (He et al. 2015) with torchvision's and timm's parameter names; input `[N, 3, H, W]`, output `[N, classes]`.
package struct ResNet: FeatureArchitecture {
    package enum Block: Sendable, Hashable {
        /// Two 3×3 convolutions.
        case basic
        /// 1×1, 3×3 (with the stride), 1×1 with four times the width.
        case bottleneck

        var expansion: Int { self == .basic ? 1 : 4 }
    }

    package let name: String
    package let block: Block
    /// Blocks in each of the four stages.
    package let depths: [Int]
    /// Channels of the first stage; each following stage doubles them.
    package let width: Int
    package let classes: Int

    package init(name: String, block: Block, depths: [Int], width: Int = 64, classes: Int) {
        self.name = name
        self.block = block
        self.depths = depths
        self.width = width
        self.classes = classes
    }

    package static func resNet18(classes: Int) -> ResNet {
        ResNet(name: "resnet18", block: .basic, depths: [2, 2, 2, 2], classes: classes)
    }

    package static func resNet50(classes: Int) -> ResNet {
        ResNet(name: "resnet50", block: .bottleneck, depths: [3, 4, 6, 3], classes: classes)
    }

    package let headPrefixes = ["fc."]

    package func build(_ model: inout ModelBuilder, _ input: ValueID) throws(GraphError) -> ValueID {
        try self.outputs(&model, input).output
    }

    package func outputs(_ model: inout ModelBuilder, _ input: ValueID) throws(GraphError) -> NetworkOutputs {
        let map = try self.features(&model, input)[4]
        let logits = try model.linear(try self.pooled(&model, map), "fc", outputs: self.classes, role: .head)
        return NetworkOutputs(output: logits, features: map)
    }

    package func pooledFeatures(_ model: inout ModelBuilder, _ input: ValueID) throws(GraphError) -> ValueID {
        try self.pooled(&model, try self.features(&model, input)[4])
    }

    private func pooled(_ model: inout ModelBuilder, _ map: ValueID) throws(GraphError) -> ValueID {
        let pooled = try model.apply(GlobalAveragePool(), map, name: "global_pool")
        return try model.apply(Flatten(axis: 1), pooled, name: "flatten")
    }

    /// The five feature maps of strides 2, 4, 8, 16 and 32: that before the pooling, and those of the stages.
    func features(
        _ model: inout ModelBuilder, _ input: ValueID, names: LayerNames = .published()
    ) throws(GraphError) -> [ValueID] {
        let prefix = names.prefix
        var x = try model.convolution(input, names.convolution, outputs: self.width, kernel: 7, stride: 2, padding: 3)
        x = try model.batchNorm(x, names.norm)
        x = try model.apply(Relu(), x, name: prefix + "relu")
        var features = [x]
        let window = Window(strides: [2, 2], dilations: [1, 1], padsBefore: [1, 1], padsAfter: [1, 1])
        x = try model.apply(MaxPool(kernel: [3, 3], window: window), x, name: prefix + "maxpool")
        for (stage, depth) in self.depths.enumerated() {
            for index in 0..<depth {
                let stride = stage > 0 && index == 0 ? 2 : 1
                let path = "\(names.stages[stage]).\(index)"
                x = try self.block(&model, x, path, width: self.width << stage, stride: stride)
            }
            features.append(x)
        }
        return features
    }

    private func block(
        _ model: inout ModelBuilder, _ input: ValueID, _ path: String, width: Int, stride: Int
    ) throws(GraphError) -> ValueID {
        let outputs = width * self.block.expansion
        var x = input
        switch self.block {
        case .basic:
            x = try self.unit(&model, x, path, 1, outputs: width, kernel: 3, stride: stride)
            x = try self.unit(&model, x, path, 2, outputs: width, kernel: 3, isLast: true)
        case .bottleneck:
            x = try self.unit(&model, x, path, 1, outputs: width, kernel: 1)
            x = try self.unit(&model, x, path, 2, outputs: width, kernel: 3, stride: stride)
            x = try self.unit(&model, x, path, 3, outputs: outputs, kernel: 1, isLast: true)
        }
        var shortcut = input
        if stride != 1 || model.type(input).shape[1] != outputs {
            shortcut = try model.convolution(input, path + ".downsample.0", outputs: outputs, kernel: 1, stride: stride)
            shortcut = try model.batchNorm(shortcut, path + ".downsample.1")
        }
        x = try model.apply(Add(), x, shortcut, name: path + ".add")
        return try model.apply(Relu(), x, name: path + ".relu")
    }

    /// Convolution and batch normalisation, then ReLU unless it is the block's last.
    private func unit(
        _ model: inout ModelBuilder, _ input: ValueID, _ path: String, _ number: Int, outputs: Int, kernel: Int,
        stride: Int = 1, isLast: Bool = false
    ) throws(GraphError) -> ValueID {
        var x = try model.convolution(
            input, "\(path).conv\(number)", outputs: outputs, kernel: kernel, stride: stride, padding: kernel / 2)
        x = try model.batchNorm(x, "\(path).bn\(number)")
        return isLast ? x : try model.apply(Relu(), x, name: "\(path).relu\(number)")
    }
}
