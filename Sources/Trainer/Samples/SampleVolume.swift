package import Imaging
import Metrics

/// Draws simulated CT volumes: bright shapes in something like lung, in Hounsfield units.
///
/// Coordinates run from -1 to 1 along depth, height and width. Only sums, products and square roots are used, so that a seed gives
/// the same voxels on every machine.
package enum SampleVolume {
    /// 24 slices of 48 x 48.
    package static let size = VolumeSize(depth: 24, height: 48, width: 48)

    /// The volume of a case: 72 mm along each axis, slices from the feet to the head.
    package static func render(seed: UInt64, index: Int) -> Volume {
        let sample = SampleVolumeCase(seed: seed, index: index)
        var random = SampleStream.volume.random(seed, index)
        let bodies = sample.shapes.map { SampleBody($0, &random) }
        let slope = random.direction() * random.value(20...60)
        var voxels: [Int16] = []
        voxels.reserveCapacity(self.size.count)
        for depth in 0..<self.size.depth {
            for height in 0..<self.size.height {
                for width in 0..<self.size.width {
                    let place = SIMD3(
                        self.coordinate(depth, of: self.size.depth), self.coordinate(height, of: self.size.height),
                        self.coordinate(width, of: self.size.width))
                    var value = -800 + (slope * place).sum()
                    for body in bodies {
                        let share = max(0, min(1, 0.5 - body.distance(to: place) / 0.08))
                        value = max(value, value + (body.value - value) * share)
                    }
                    voxels.append(Int16((value + random.noise() * 40).rounded()))
                }
            }
        }
        return Volume(size: self.size, geometry: self.geometry, voxels: .int16(voxels))
    }

    private static let geometry = VolumeGeometry(
        origin: SIMD3(-36, -36, 0), depthAxis: SIMD3(0, 0, 1), heightAxis: SIMD3(0, 1, 0), widthAxis: SIMD3(1, 0, 0),
        spacing: SIMD3(3, 1.5, 1.5))

    /// The centre of a voxel.
    private static func coordinate(_ index: Int, of count: Int) -> Float {
        (Float(index) + 0.5) * 2 / Float(count) - 1
    }
}

/// A shape with its place, direction and measures.
private struct SampleBody {
    let shape: SampleSolid
    let centre: SIMD3<Float>
    /// Along the tube; at right angles to plate and ring.
    let axis: SIMD3<Float>
    /// Radius of ball, plate and ring; half of the tube's length.
    let reach: Float
    /// Half of the thickness of what is thin.
    let thickness: Float
    /// In Hounsfield units.
    let value: Float

    init(_ shape: SampleSolid, _ random: inout SplitMix64) {
        self.shape = shape
        self.centre = SIMD3(random.value(-0.35...0.35), random.value(-0.35...0.35), random.value(-0.35...0.35))
        self.axis = random.direction()
        self.reach =
            switch shape {
            case .ball: random.value(0.3...0.42)
            case .tube: random.value(0.7...0.9)
            case .plate: random.value(0.55...0.7)
            case .ring: random.value(0.4...0.55)
            }
        self.thickness = random.value(0.1...0.13)
        self.value = random.value(-50...100)
    }

    /// Below 0 inside.
    func distance(to place: SIMD3<Float>) -> Float {
        let away = place - self.centre
        let along = (away * self.axis).sum()
        let across = max(0, (away * away).sum() - along * along).squareRoot()
        switch self.shape {
        case .ball: return (away * away).sum().squareRoot() - self.reach
        case .tube: return max(across - self.thickness, abs(along) - self.reach)
        case .plate: return max(abs(along) - self.thickness, across - self.reach)
        case .ring:
            let outward = across - self.reach
            return (outward * outward + along * along).squareRoot() - self.thickness
        }
    }
}

extension SplitMix64 {
    /// A vector of length 1, every direction equally likely.
    fileprivate mutating func direction() -> SIMD3<Float> {
        while true {
            let vector = SIMD3(self.value(-1...1), self.value(-1...1), self.value(-1...1))
            let square = (vector * vector).sum()
            if square > 0.01, square <= 1 { return vector / square.squareRoot() }
        }
    }

    /// About normal, with mean 0 and deviation 1: the sum of three uniform numbers.
    fileprivate mutating func noise() -> Float {
        let (first, second) = (self.value(-1...1), self.value(-1...1))
        return first + second + self.value(-1...1)
    }
}
