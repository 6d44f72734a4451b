/// From a volume to a network's input, the same value in training, export and serving.
///
/// As JSON: `{"size": [300, 270, 270], "window": [-1350, 150], "mean": 0.449, "std": 0.226}`; size is `[depth, height, width]`,
/// the window is in the volume's units, mean and standard deviation are those of grey values from 0 to 1.
package struct VolumePreprocessing: Sendable, Hashable {
    package let size: VolumeSize
    package let window: VolumeWindow
    package let mean: Float
    package let std: Float

    /// The longest side that a network is given, in voxels.
    package static let longestSide = 1024

    /// - Parameters:
    ///   - size: `[depth, height, width]`, each 1 to `longestSide`.
    ///   - mean: finite; by default the mean of ImageNet's.
    ///   - std: above 0; by default the mean of ImageNet's.
    package init(
        size: [Int] = [300, 270, 270], window: VolumeWindow = .lung, mean: Float = 0.449, std: Float = 0.226
    ) throws(ImagingError) {
        let sides = 1...Self.longestSide
        guard size.count == 3, size.allSatisfy(sides.contains) else {
            throw ImagingError(
                .invalidSetting, subject: "volume.size",
                "\(size) is not [depth, height, width] with sides of \(sides.lowerBound) to \(sides.upperBound) voxels")
        }
        guard mean.isFinite else { throw ImagingError(.invalidSetting, subject: "volume.mean", "must be a finite number") }
        guard std.isFinite, std > 0 else { throw ImagingError(.invalidSetting, subject: "volume.std", "must be above 0") }
        self.init(VolumeSize(depth: size[0], height: size[1], width: size[2]), window, mean: mean, std: std)
    }

    private init(_ size: VolumeSize, _ window: VolumeWindow, mean: Float, std: Float) {
        self.size = size
        self.window = window
        self.mean = mean
        self.std = std
    }

    /// 300 x 270 x 270 through the lung window.
    package static let standard = VolumePreprocessing(
        VolumeSize(depth: 300, height: 270, width: 270), .lung, mean: 0.449, std: 0.226)

    /// Floats that `normalize` writes.
    package var elementCount: Int { self.size.count }

    /// Upright, of this size and through the window, before any augmentation; what a trainer may keep in memory.
    package func geometric(_ volume: Volume) throws(ImagingError) -> ByteVolume {
        try volume.prepared(size: self.size, window: self.window)
    }

    /// Writes `(x / 255 - mean) / std` as float32 slices `[depth, 1, height, width]`, with a random change of `x / 255` between
    /// where there is one.
    /// - Parameters:
    ///   - volume: of this preprocessing's size.
    ///   - destination: room for `elementCount` floats.
    package func normalize(
        _ volume: ByteVolume, changedBy draw: VolumeAugmentation.Draw? = nil, into destination: UnsafeMutablePointer<Float>
    ) {
        precondition(volume.size == self.size, "normalize needs a volume of this size")
        if let draw {
            var values = [Float](unsafeUninitializedCapacity: self.elementCount) { buffer, count in
                if let base = buffer.baseAddress { volume.unitFloats(into: base) }
                count = self.elementCount
            }
            values = draw.apply(values, size: self.size)
            for (index, value) in values.enumerated() { destination[index] = (value - self.mean) / self.std }
        } else {
            let table = (0..<256).map { (Float($0) / 255 - self.mean) / self.std }
            for (index, voxel) in volume.voxels.enumerated() { destination[index] = table[Int(voxel)] }
        }
    }
}

extension VolumePreprocessing: Codable {
    private enum CodingKeys: String, CodingKey {
        case size, window, mean, std
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let window = try values.decode([Double].self, forKey: .window)
        guard window.count == 2 else {
            throw ImagingError(.invalidSetting, subject: "volume.window", "needs two numbers, [low, high]")
        }
        try self.init(
            size: values.decode([Int].self, forKey: .size), window: VolumeWindow(low: window[0], high: window[1]),
            mean: values.decode(Float.self, forKey: .mean), std: values.decode(Float.self, forKey: .std))
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode([self.size.depth, self.size.height, self.size.width], forKey: .size)
        try values.encode([self.window.low, self.window.high], forKey: .window)
        try values.encode(self.mean, forKey: .mean)
        try values.encode(self.std, forKey: .std)
    }
}
