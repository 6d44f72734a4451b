package import Graph

/// U-Net (Ronneberger et al. 2015) with a ResNet encoder and the parameter names of segmentation_models_pytorch; input
/// `[N, 3, H, W]` with sides that are multiples of 32, output logits `[N, classes, H, W]`.
///
/// Each of five decoder blocks doubles the size (nearest pixel), joins the encoder's map of that size, and convolves twice
/// (3 x 3, batch normalisation, ReLU); the last one has nothing to join.
package struct UNet: Architecture {
    package let name: String
    package let encoder: ResNet
    package let classes: Int
    /// Channels of the decoder's blocks, deepest first.
    package let decoderChannels: [Int]

    package init(name: String, encoder: ResNet, classes: Int, decoderChannels: [Int] = [256, 128, 64, 32, 16]) {
        precondition(decoderChannels.count == 5, "five blocks, one for each halving")
        self.name = name
        self.encoder = encoder
        self.classes = classes
        self.decoderChannels = decoderChannels
    }

    package let headPrefixes = ["segmentation_head."]

    package func build(_ model: inout ModelBuilder, _ input: ValueID) throws(GraphError) -> ValueID {
        try self.outputs(&model, input).output
    }

    package func outputs(_ model: inout ModelBuilder, _ input: ValueID) throws(GraphError) -> NetworkOutputs {
        let sides = model.type(input).shape[2...]
        guard sides.allSatisfy({ $0 % 32 == 0 }) else {
            throw GraphError(.shape, self.name, "takes sides that are multiples of 32, got \(Array(sides))")
        }
        let features = try self.encoder.features(&model, input, names: .published(prefix: "encoder."))
        var x = features[4]
        for (index, channels) in self.decoderChannels.enumerated() {
            x = try self.block(&model, x, skip: index < 4 ? features[3 - index] : nil, "decoder.blocks.\(index)", channels)
        }
        let logits = try model.convolution(
            x, "segmentation_head.0", outputs: self.classes, kernel: 3, padding: 1, bias: true,
            initializer: .fanIn(self.decoderChannels[4] * 9), role: .head)
        return NetworkOutputs(output: logits, features: features[4])
    }

    private func block(
        _ model: inout ModelBuilder, _ input: ValueID, skip: ValueID?, _ path: String, _ channels: Int
    ) throws(GraphError) -> ValueID {
        let resize = Resize(.scales([2, 2]), mode: .nearest, coordinates: .asymmetric, rounding: .floor)
        var x = try model.apply(resize, input, name: path + ".resize")
        if let skip { x = try model.apply(Concat(axis: 1), x, skip, name: path + ".concat") }
        for number in 1...2 {
            let unit = "\(path).conv\(number)"
            x = try model.convolution(x, unit + ".0", outputs: channels, kernel: 3, padding: 1)
            x = try model.batchNorm(x, unit + ".1")
            x = try model.apply(Relu(), x, name: unit + ".relu")
        }
        return x
    }
}
