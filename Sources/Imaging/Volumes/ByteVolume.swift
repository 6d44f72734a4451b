import CImaging

/// What becomes black and white in an 8-bit volume: `low` becomes 0, `high` 255, linear and rounded to nearest between.
package struct VolumeWindow: Sendable, Hashable {
    package let low: Double
    package let high: Double

    /// - Parameters: finite, `low` below `high`.
    package init(low: Double, high: Double) throws(ImagingError) {
        guard low.isFinite, high.isFinite, high > low, (high - low).isFinite else {
            throw ImagingError(.invalidSetting, subject: "volume.window", "[\(low), \(high)] is not a range from low to high")
        }
        self.init(checkedLow: low, high: high)
    }

    private init(checkedLow low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    /// Center -600, width 1500 Hounsfield units: from -1350 to 150.
    package static let lung = VolumeWindow(checkedLow: -1350, high: 150)
}

/// A grey volume of 8 bits, what a network is trained and asked with: voxels `[depth, height, width]`.
package struct ByteVolume: Sendable, Hashable {
    package let size: VolumeSize
    package let geometry: VolumeGeometry
    package let voxels: [UInt8]

    /// - Parameter voxels: `size.count` bytes.
    package init(size: VolumeSize, geometry: VolumeGeometry, voxels: [UInt8]) {
        precondition(voxels.count == size.count, "a volume needs depth * height * width voxels")
        self.size = size
        self.geometry = geometry
        self.voxels = voxels
    }

    /// Writes the voxels as float32 from 0 to 1.
    /// - Parameter destination: room for `size.count` floats.
    package func unitFloats(into destination: UnsafeMutablePointer<Float>) {
        for (index, voxel) in self.voxels.enumerated() { destination[index] = Float(voxel) / 255 }
    }
}

extension Volume {
    /// The voxels through a window, as bytes.
    package func windowed(_ window: VolumeWindow) -> ByteVolume {
        let floats = self.floats
        let bytes = [UInt8](unsafeUninitializedCapacity: floats.count) { output, count in
            ci_volume_window(floats, floats.count, window.low, window.high, output.baseAddress)
            count = floats.count
        }
        return ByteVolume(size: self.size, geometry: self.geometry, voxels: bytes)
    }

    /// From a file's volume to a network's: padding becomes the window's low end, axes follow the patient's (`canonical`), then
    /// `resampled`, then `windowed`. The window is applied last, so that it clips interpolated values and not their sources.
    package func prepared(size: VolumeSize, window: VolumeWindow) throws(ImagingError) -> ByteVolume {
        try self.replacingPadding(with: Float(window.low)).canonical().resampled(to: size).windowed(window)
    }
}
