import Foundation
import Metrics

/// A point in eye coordinates: the field of view is the unit circle, x to the right, y down.
struct SamplePoint: Equatable {
    var x: Float
    var y: Float

    func distance(to other: SamplePoint) -> Float {
        let dx = self.x - other.x
        let dy = self.y - other.y
        return (dx * dx + dy * dy).squareRoot()
    }

    /// The point `length` further in a direction (radians).
    func moved(_ angle: Float, by length: Float) -> SamplePoint {
        SamplePoint(x: self.x + length * cos(angle), y: self.y + length * sin(angle))
    }

    func angle(to other: SamplePoint) -> Float {
        atan2(other.y - self.y, other.x - self.x)
    }
}

/// The healthy part of a simulated right eye; a left eye is its mirror image.
struct SampleAnatomy {
    /// Optic disc, to the right of the fovea.
    let disc: SamplePoint
    let discRadius: Float
    /// Vertical over horizontal diameter.
    let discStretch: Float
    /// The cup's radius as a share of the disc's.
    let cup: Float
    let fovea: SamplePoint
    let foveaDepth: Float
    /// Red, green, blue of the bare fundus, 0…1.
    let tone: (red: Float, green: Float, blue: Float)
    /// How strongly the choroid shows, 0…1.
    let choroid: Float
    let vessels: [SampleVessel]

    init(seed: UInt64, sample: SampleCase) {
        var person = SampleStream.person.random(seed, sample.patient)
        let pigment = person.value(0...1)
        self.choroid = person.value(0.3...1)
        self.tone = (
            red: 0.86 - 0.20 * pigment, green: 0.47 - 0.17 * pigment + person.value(-0.02...0.03),
            blue: 0.24 - 0.10 * pigment + person.value(-0.02...0.03)
        )
        self.cup = person.value(0.30...0.58)
        var random = SampleStream.anatomy.random(seed, sample.index)
        let shift = random.value(-0.08...0.14)
        self.fovea = SamplePoint(x: -0.10 + shift, y: random.value(-0.05...0.07))
        self.disc = SamplePoint(x: self.fovea.x + random.value(0.56...0.64), y: self.fovea.y - random.value(0...0.08))
        self.discRadius = random.value(0.100...0.125)
        self.discStretch = random.value(1.02...1.14)
        self.foveaDepth = random.value(0.6...1)
        var tree = SampleVesselTree(disc: self.disc, fovea: self.fovea, random: random)
        tree.grow()
        self.vessels = tree.vessels
    }

    /// Whether a point is at least `margin` outside every vessel.
    func isClear(_ point: SamplePoint, margin: Float) -> Bool {
        self.vessels.allSatisfy { vessel in
            vessel.start.distance(to: point) > vessel.halfWidth + margin + SampleVesselTree.step
                || vessel.distance(to: point) > vessel.halfWidth + margin
        }
    }
}

/// A short straight piece of a vessel.
struct SampleVessel {
    let start: SamplePoint
    let end: SamplePoint
    let halfWidth: Float
    let isVein: Bool
    /// Part of a main arcade.
    let isMain: Bool

    func distance(to point: SamplePoint) -> Float {
        let dx = self.end.x - self.start.x
        let dy = self.end.y - self.start.y
        let length = max(dx * dx + dy * dy, 1e-9)
        let share = min(max(((point.x - self.start.x) * dx + (point.y - self.start.y) * dy) / length, 0), 1)
        return point.distance(to: SamplePoint(x: self.start.x + share * dx, y: self.start.y + share * dy))
    }
}
