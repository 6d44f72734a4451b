/// A grey volume with its place in the patient: voxels `[depth, height, width]` in real units (Hounsfield units for CT).
package struct Volume: Sendable, Hashable {
    /// Whole numbers that fit are kept as such, everything else as float32.
    package enum Voxels: Sendable, Hashable {
        case int16([Int16])
        case float32([Float])

        package var count: Int {
            switch self {
            case .int16(let values): values.count
            case .float32(let values): values.count
            }
        }
    }

    package let size: VolumeSize
    package let geometry: VolumeGeometry
    package let voxels: Voxels
    /// Values that mean "nothing was measured here", in the voxels' units; nil when the file names none.
    package let padding: ClosedRange<Float>?

    /// - Parameter voxels: `size.count` values.
    package init(size: VolumeSize, geometry: VolumeGeometry, voxels: Voxels, padding: ClosedRange<Float>? = nil) {
        precondition(voxels.count == size.count, "a volume needs depth * height * width voxels")
        self.size = size
        self.geometry = geometry
        self.voxels = voxels
        self.padding = padding
    }

    /// Distances of voxel centres along depth, height and width, in mm.
    package var spacing: SIMD3<Double> { self.geometry.spacing }

    package subscript(depth depth: Int, height height: Int, width width: Int) -> Float {
        let isInside =
            (0..<self.size.depth).contains(depth) && (0..<self.size.height).contains(height)
            && (0..<self.size.width).contains(width)
        precondition(isInside, "voxel outside the volume")
        let index = (depth * self.size.height + height) * self.size.width + width
        switch self.voxels {
        case .int16(let values): return Float(values[index])
        case .float32(let values): return values[index]
        }
    }

    /// The voxels as float32.
    package var floats: [Float] {
        switch self.voxels {
        case .int16(let values): values.map { Float($0) }
        case .float32(let values): values
        }
    }

    /// The volume with `value` where nothing was measured, so that resampling does not mix padding into tissue.
    package func replacingPadding(with value: Float) -> Volume {
        guard let padding = self.padding else { return self }
        let replaced = self.floats.map { padding.contains($0) ? value : $0 }
        return Volume(size: self.size, geometry: self.geometry, voxels: .float32(replaced))
    }
}
