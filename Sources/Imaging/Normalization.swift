/// Mean and standard deviation per channel (red, green, blue) of pictures scaled to 0...1.
package struct Normalization: Sendable, Hashable {
    package let mean: [Float]
    package let std: [Float]

    /// - Parameters: three finite values each; every `std` positive.
    package init(mean: [Float], std: [Float]) throws(ImagingError) {
        guard mean.count == 3, mean.allSatisfy(\.isFinite) else {
            throw ImagingError(.invalidSetting, subject: "preprocessing.mean", "needs three finite numbers")
        }
        guard std.count == 3, std.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw ImagingError(.invalidSetting, subject: "preprocessing.std", "needs three positive numbers")
        }
        self.init(checkedMean: mean, std: std)
    }

    private init(checkedMean mean: [Float], std: [Float]) {
        self.mean = mean
        self.std = std
    }

    /// ImageNet's.
    package static let imageNet = Normalization(checkedMean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])
    /// 0.5 and 0.5: values from -1 to 1.
    package static let half = Normalization(checkedMean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5])
    /// Only the scaling to 0...1.
    package static let none = Normalization(checkedMean: [0, 0, 0], std: [1, 1, 1])

    /// The value of every byte in each channel: `[3, 256]`, float32 arithmetic in torchvision's order.
    var tables: [Float] {
        (0..<3).flatMap { channel in
            (0..<256).map { (Float($0) / 255 - self.mean[channel]) / self.std[channel] }
        }
    }
}
