/// Where the voxels of a volume lie in the patient: x to the left, y to the back, z to the head, in mm (DICOM's system).
/// The axes are perpendicular.
package struct VolumeGeometry: Sendable, Hashable {
    /// The centre of voxel `[0, 0, 0]`.
    package var origin: SIMD3<Double>
    /// Unit vectors along growing depth, height and width.
    package var depthAxis: SIMD3<Double>
    package var heightAxis: SIMD3<Double>
    package var widthAxis: SIMD3<Double>
    /// Distances of voxel centres along depth, height and width, in mm.
    package var spacing: SIMD3<Double>

    package init(
        origin: SIMD3<Double>, depthAxis: SIMD3<Double>, heightAxis: SIMD3<Double>, widthAxis: SIMD3<Double>,
        spacing: SIMD3<Double>
    ) {
        self.origin = origin
        self.depthAxis = depthAxis
        self.heightAxis = heightAxis
        self.widthAxis = widthAxis
        self.spacing = spacing
    }

    /// The centre of a voxel, whose indices need not be whole.
    package func position(depth: Double, height: Double, width: Double) -> SIMD3<Double> {
        self.origin + self.depthAxis * (self.spacing.x * depth) + self.heightAxis * (self.spacing.y * height)
            + self.widthAxis * (self.spacing.z * width)
    }

    /// The same box cut into another number of voxels.
    func resized(from old: VolumeSize, to new: VolumeSize) -> VolumeGeometry {
        let scale = SIMD3(
            Double(old.depth) / Double(new.depth), Double(old.height) / Double(new.height), Double(old.width) / Double(new.width))
        var result = self
        result.spacing *= scale
        // Half a voxel in from the same corner.
        let shift = (scale - 1) / 2
        result.origin = self.position(depth: shift.x, height: shift.y, width: shift.z)
        return result
    }
}

extension SIMD3<Double> {
    func dot(_ other: SIMD3<Double>) -> Double { (self * other).sum() }

    func cross(_ other: SIMD3<Double>) -> SIMD3<Double> {
        SIMD3(
            self.y * other.z - self.z * other.y, self.z * other.x - self.x * other.z, self.x * other.y - self.y * other.x)
    }

    var length: Double { self.dot(self).squareRoot() }
}
