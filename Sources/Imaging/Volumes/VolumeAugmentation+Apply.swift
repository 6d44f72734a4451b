import CImaging
import Foundation

extension VolumeAugmentation {
    /// What one draw decided; applying it is deterministic.
    package struct Draw: Sendable, Hashable {
        /// Degrees, as a rotation vector along width, height and depth: its direction is the axis, its length the angle.
        package var degrees = SIMD3<Double>.zero
        package var scale = 1.0
        /// Shifts along width, height and depth as parts of the sides.
        package var shift = SIMD3<Double>.zero
        package var noise = 0.0
        package var noiseSeed: UInt64 = 0

        package init() {}
    }

    /// Decides for one volume. Takes 10 numbers from the generator whatever the settings are, so that changing one setting leaves
    /// the other decisions as they were.
    package func draw(using random: inout some RandomNumberGenerator) -> Draw {
        var draw = Draw()
        let isMoved = random.unit() < self.affineProbability
        func three(_ reach: Double) -> SIMD3<Double> {
            let (x, y) = (random.symmetric(reach), random.symmetric(reach))
            return SIMD3(x, y, random.symmetric(reach))
        }
        let (degrees, scale, shift) = (three(self.rotation), random.symmetric(self.scale), three(self.shift))
        if isMoved { (draw.degrees, draw.scale, draw.shift) = (degrees, 1 + scale, shift) }
        let (isNoisy, seed) = (random.unit() < self.noiseProbability, random.next())
        if isNoisy, self.noise > 0 { (draw.noise, draw.noiseSeed) = (self.noise, seed) }
        return draw
    }

    /// One random version of a volume, of the same size.
    /// - Parameter voxels: `size.count` values, `[depth, height, width]`.
    package func apply(_ voxels: [Float], size: VolumeSize, using random: inout some RandomNumberGenerator) -> [Float] {
        self.draw(using: &random).apply(voxels, size: size)
    }
}

extension VolumeAugmentation.Draw {
    /// The volume rotated and scaled about its centre, then shifted, then with noise. Trilinear; outside is 0.
    /// - Parameter voxels: `size.count` values, `[depth, height, width]`.
    package func apply(_ voxels: [Float], size: VolumeSize) -> [Float] {
        precondition(voxels.count == size.count, "a volume needs depth * height * width voxels")
        var voxels = voxels
        if self.degrees != .zero || self.scale != 1 || self.shift != .zero {
            let map = self.map(size)
            voxels = [Float](unsafeUninitializedCapacity: size.count) { output, count in
                ci_volume_warp(voxels, size.c, map, output.baseAddress)
                count = size.count
            }
        }
        if self.noise > 0 { ci_volume_add_noise(&voxels, voxels.count, self.noiseSeed, self.noise) }
        return voxels
    }

    /// From a voxel of the result to a place in the source, `[3, 4]` row by row, over (width, height, depth, 1). The grid's centre
    /// is between its first and last voxels. The matrix is kornia's `get_affine_matrix3d`, inverted.
    package func map(_ size: VolumeSize) -> [Double] {
        let sides = SIMD3(Double(size.width), Double(size.height), Double(size.depth))
        let centre = (sides - 1) / 2
        // The inverse of a rotation is its transpose.
        let rotation = rotationMatrix(-self.degrees * (.pi / 180))
        let rows = (0..<3).map { row in SIMD3(rotation[0][row], rotation[1][row], rotation[2][row]) / self.scale }
        let moved = centre + self.shift * sides
        return (0..<3).flatMap { [rows[$0].x, rows[$0].y, rows[$0].z, centre[$0] - rows[$0].dot(moved)] }
    }
}

/// The rows of the matrix that turns about a vector by its length in radians (Rodrigues' formula).
private func rotationMatrix(_ vector: SIMD3<Double>) -> [SIMD3<Double>] {
    let angle = vector.length
    guard angle > 0 else { return [SIMD3(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)] }
    let (k, c, s) = (vector / angle, cos(angle), sin(angle))
    let t = 1 - c
    return [
        SIMD3(c + k.x * k.x * t, k.x * k.y * t - k.z * s, k.x * k.z * t + k.y * s),
        SIMD3(k.y * k.x * t + k.z * s, c + k.y * k.y * t, k.y * k.z * t - k.x * s),
        SIMD3(k.z * k.x * t - k.y * s, k.z * k.y * t + k.x * s, c + k.z * k.z * t),
    ]
}
