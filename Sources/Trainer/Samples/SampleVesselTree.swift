import Foundation
import Metrics

/// Grows the vessels of a right eye from its disc: four arcades of an artery and a vein each, small vessels around the
/// disc, and their branches.
struct SampleVesselTree {
    /// The length of a piece.
    static let step: Float = 0.02

    private let disc: SamplePoint
    private let fovea: SamplePoint
    private var random: SplitMix64
    private(set) var vessels: [SampleVessel] = []

    init(disc: SamplePoint, fovea: SamplePoint, random: SplitMix64) {
        self.disc = disc
        self.fovea = fovea
        self.random = random
    }

    mutating func grow() {
        for side: Float in [-1, 1] {
            let height = self.random.value(0.40...0.50)
            self.growTemporalArcade(side, height: height, isVein: true)
            self.growTemporalArcade(side, height: height + self.random.value(0.04...0.08), isVein: false)
            for isVein in [true, false] {
                let angle = side * self.random.value(0.75...1.15) + (isVein ? 0 : side * 0.25)
                self.growFree(from: self.onRim(angle), angle, isVein ? 0.0090 : 0.0068, isVein, depth: 0)
            }
        }
        for number in 0..<5 {
            let angle = Float(number) * 1.26 + self.random.value(-0.25...0.25)
            self.growFree(from: self.onRim(angle), angle, self.random.value(0.0035...0.005), number % 2 == 0, depth: 2)
        }
    }

    private mutating func onRim(_ angle: Float) -> SamplePoint {
        self.disc.moved(angle, by: self.random.value(0.005...0.03))
    }

    /// An arcade: half an ellipse around the fovea that starts at the disc.
    private mutating func growTemporalArcade(_ side: Float, height: Float, isVein: Bool) {
        let center = SamplePoint(x: self.fovea.x + 0.04, y: 0.5 * (self.fovea.y + self.disc.y))
        let reach = self.disc.x - center.x
        let phases = (self.random.value(0...6.3), self.random.value(0...6.3))
        let waves = self.random.value(0.006...0.014)
        let end = self.random.value(2.5...2.9)
        var halfWidth: Float = isVein ? 0.0130 : 0.0096
        var last = self.onRim(side * 1.4)
        var untilBranch = self.random.count(6...11)
        for number in 1..<90 {
            let turn = Float(number) * 0.033
            guard turn < end else { return }
            let wave = waves * (sin(7 * turn + phases.0) + 0.6 * sin(17 * turn + phases.1))
            let rise = height * Float(pow(Double(sin(min(turn, .pi))), 0.75)) + wave
            let widening = 1 + 0.45 * max(0, turn - 1.2)
            let next = SamplePoint(
                x: center.x + reach * cos(turn) * widening, y: center.y + side * max(rise, height * 0.25 * turn))
            self.vessels.append(
                SampleVessel(start: last, end: next, halfWidth: halfWidth, isVein: isVein, isMain: true))
            let angle = last.angle(to: next)
            untilBranch -= 1
            if untilBranch == 0 {
                untilBranch = self.random.count(6...11)
                let isOutward = self.random.chance(0.6)
                let bend = side * self.random.value(0.5...0.9) * (isOutward ? 1 : -1)
                self.growFree(
                    from: next, angle + bend, halfWidth * self.random.value(isOutward ? 0.55...0.75 : 0.4...0.5), isVein,
                    depth: 1)
                halfWidth *= 0.955
            }
            halfWidth *= 0.994
            last = next
        }
    }

    /// A branch that wanders: outside the arcades away from the disc, inside them towards the fovea, which it never
    /// reaches.
    private mutating func growFree(
        from start: SamplePoint, _ angle: Float, _ halfWidth: Float, _ isVein: Bool, depth: Int
    ) {
        var place = start
        var heading = angle
        var bend: Float = 0
        var halfWidth = halfWidth
        let length = self.random.count(18...50)
        for number in 0..<length {
            guard halfWidth > 0.0022, abs(place.x) < 1.1, abs(place.y) < 1.1 else { return }
            let toFovea = place.distance(to: self.fovea)
            guard toFovea > 0.13 else { return }
            bend = 0.75 * bend + self.random.value(-0.13...0.13)
            let isInside = toFovea < 0.42 && depth > 0
            let goal = isInside ? place.angle(to: self.fovea) : self.disc.angle(to: place)
            heading += bend + 0.06 * sin(goal - heading)
            let next = place.moved(heading, by: SampleVesselTree.step)
            self.vessels.append(
                SampleVessel(start: place, end: next, halfWidth: halfWidth, isVein: isVein, isMain: false))
            if number > 3, depth < 3, self.random.chance(0.065) {
                let side: Float = self.random.chance(0.5) ? 1 : -1
                self.growFree(
                    from: next, heading + side * self.random.value(0.4...0.85), halfWidth * self.random.value(0.6...0.78),
                    isVein, depth: depth + 1)
                heading -= side * 0.15
                halfWidth *= 0.93
            }
            halfWidth *= 0.982
            place = next
        }
    }
}
