/// An operator on image-like tensors that can work with the channel axis first or last.
package protocol ChannelLayoutOperator: Operator {
    var layout: ChannelLayout { get }
    /// The same operator on the other layout.
    func with(layout: ChannelLayout) -> Self
    /// A pass may change the layout: no output but the first depends on it.
    var isMovable: Bool { get }
}

extension ChannelLayoutOperator {
    package var isMovable: Bool { true }
}

extension Conv: ChannelLayoutOperator {
    package func with(layout: ChannelLayout) -> Conv { Conv(window: self.window, layout: layout) }
}

extension ConvTranspose: ChannelLayoutOperator {
    package func with(layout: ChannelLayout) -> ConvTranspose {
        ConvTranspose(window: self.window, outputPadding: self.outputPadding, layout: layout)
    }
}

extension MaxPool: ChannelLayoutOperator {
    package var isMovable: Bool { self.indices == nil }

    package func with(layout: ChannelLayout) -> MaxPool {
        MaxPool(
            kernel: self.kernel, window: self.window, ceilMode: self.ceilMode, indices: self.indices, layout: layout)
    }
}

extension AveragePool: ChannelLayoutOperator {
    package func with(layout: ChannelLayout) -> AveragePool {
        AveragePool(
            kernel: self.kernel, window: self.window, ceilMode: self.ceilMode, countIncludePad: self.countIncludePad,
            layout: layout)
    }
}

extension GlobalAveragePool: ChannelLayoutOperator {
    package func with(layout: ChannelLayout) -> GlobalAveragePool { GlobalAveragePool(layout: layout) }
}

extension BatchNormalization: ChannelLayoutOperator {
    package func with(layout: ChannelLayout) -> BatchNormalization { BatchNormalization(epsilon: self.epsilon, layout: layout) }
}

extension BatchNormalizationTraining: ChannelLayoutOperator {
    package func with(layout: ChannelLayout) -> BatchNormalizationTraining {
        BatchNormalizationTraining(epsilon: self.epsilon, momentum: self.momentum, layout: layout)
    }
}

extension Resize: ChannelLayoutOperator {
    package func with(layout: ChannelLayout) -> Resize {
        Resize(
            self.target, mode: self.mode, coordinates: self.coordinates, rounding: self.rounding, filter: self.filter,
            crop: self.crop, layout: layout)
    }
}
