import Metrics

/// How a lesion changes the colour beneath it: colour · (1 − a + a·multiply) + a·add, where a is its coverage.
struct SampleMaterial {
    let multiply: (red: Float, green: Float, blue: Float)
    let add: (red: Float, green: Float, blue: Float)
    let opacity: Float

    static let microaneurysm = SampleMaterial(multiply: (0.62, 0.20, 0.25), add: (0.02, 0, 0), opacity: 0.95)
    static let haemorrhage = SampleMaterial(multiply: (0.56, 0.21, 0.25), add: (0.03, 0.01, 0.01), opacity: 0.92)
    static let exudate = SampleMaterial(multiply: (0.15, 0.15, 0.15), add: (0.84, 0.74, 0.36), opacity: 0.92)
    static let cottonWool = SampleMaterial(multiply: (0.25, 0.25, 0.25), add: (0.69, 0.62, 0.48), opacity: 0.80)
    static let vein = SampleMaterial(multiply: (0.72, 0.42, 0.48), add: (0, 0, 0), opacity: 0.95)
    static let newVessel = SampleMaterial(multiply: (0.74, 0.28, 0.30), add: (0.04, 0, 0), opacity: 0.9)
    static let haze = SampleMaterial(multiply: (0.92, 0.62, 0.62), add: (0.04, 0, 0), opacity: 0.55)
    static let pooledBlood = SampleMaterial(multiply: (0.30, 0.10, 0.12), add: (0.17, 0.02, 0.02), opacity: 0.95)
}

/// A shape in eye coordinates.
enum SampleShape {
    /// An ellipse with a ragged outline; `softness` is the share of the radius over which it fades.
    case blob(SamplePoint, radius: Float, stretch: Float, angle: Float, ragged: Float, phase: Float, softness: Float)
    /// The lower part of a disc below a level: blood that has settled.
    case pool(SamplePoint, radius: Float)
    /// A straight piece of a fine vessel.
    case line(SamplePoint, SamplePoint, halfWidth: Float)
}

/// One drawn sign of disease.
struct SampleLesion {
    let shape: SampleShape
    let material: SampleMaterial
}

/// The lesions of a grade. They alone decide the grade: everything else is drawn from streams that know no grade.
struct SampleLesions {
    private let anatomy: SampleAnatomy
    private let limit: Float
    private var random: SplitMix64
    private(set) var all: [SampleLesion] = []

    /// `verticalLimit` is the largest |y| that the frame shows.
    init(grade: Int, anatomy: SampleAnatomy, verticalLimit: Float, random: SplitMix64) {
        self.anatomy = anatomy
        self.limit = min(0.86, verticalLimit - 0.06)
        self.random = random
        switch grade {
        case 1:
            self.addMicroaneurysms(self.random.count(5...10))
        case 2:
            self.addMicroaneurysms(self.random.count(12...20))
            self.addHaemorrhages(inEachQuadrant: 1...3, 0.018...0.032)
            self.addExudates(self.random.count(2...4))
        case 3:
            self.addMicroaneurysms(self.random.count(14...24))
            self.addExudates(self.random.count(0...2))
            self.addCottonWool(self.random.count(3...6))
            self.addHaemorrhages(inEachQuadrant: 6...9, 0.022...0.045)
            self.addBeading(self.random.count(3...5))
            self.addShunts(self.random.count(2...4))
        case 4:
            self.addMicroaneurysms(self.random.count(8...16))
            self.addHaemorrhages(inEachQuadrant: 1...4, 0.020...0.040)
            self.addExudates(self.random.count(0...2))
            self.addProliferation()
        default:
            break
        }
    }

    private mutating func addMicroaneurysms(_ count: Int) {
        for _ in 0..<count {
            let place = self.place(within: 0.78, clear: 0.022)
            self.addBlob(place, self.random.value(0.0115...0.0165), ragged: 0, softness: 0.35, .microaneurysm)
        }
    }

    private mutating func addHaemorrhages(inEachQuadrant counts: ClosedRange<Int>, _ radii: ClosedRange<Float>) {
        for quadrant in 0..<4 {
            for _ in 0..<self.random.count(counts) {
                let place = self.place(within: 0.86, clear: 0.004, quadrant: quadrant)
                let isFlame = self.random.chance(0.3)
                let radial = self.anatomy.disc.angle(to: place)
                self.addBlob(
                    place, self.random.value(radii) * (isFlame ? 0.8 : 1), stretch: isFlame ? 2.6 : self.random.value(1...1.4),
                    angle: isFlame ? radial : self.random.value(0...3.1), ragged: 0.16, softness: 0.5, .haemorrhage)
            }
        }
    }

    private mutating func addExudates(_ clusters: Int) {
        for _ in 0..<clusters {
            let center = self.place(within: 0.62, clear: 0)
            let isRing = self.random.chance(0.5)
            for _ in 0..<self.random.count(8...16) {
                let reach = isRing ? self.random.value(0.06...0.085) : 0.075 * self.random.value(0...1)
                let place = center.moved(self.random.value(0...6.28), by: reach)
                guard self.isVisible(place) else { continue }
                self.addBlob(
                    place, self.random.value(0.006...0.015), stretch: self.random.value(1...1.6),
                    angle: self.random.value(0...3.1), ragged: 0.2, softness: 0.3, .exudate)
            }
        }
    }

    private mutating func addCottonWool(_ count: Int) {
        for _ in 0..<count {
            let place = self.place(within: 0.62, clear: 0.01)
            self.addBlob(
                place, self.random.value(0.035...0.060), stretch: self.random.value(1.1...1.6),
                angle: self.random.value(0...3.1), ragged: 0.18, softness: 0.85, .cottonWool)
        }
    }

    /// Sausage-like swellings along main veins.
    private mutating func addBeading(_ runs: Int) {
        let veins = self.anatomy.vessels.filter { $0.isVein && $0.isMain && self.isVisible($0.end) && self.offDisc($0.end) }
        guard !veins.isEmpty else { return }
        for _ in 0..<runs {
            let start = self.random.below(veins.count)
            for bead in 0..<5 {
                let vessel = veins[min(start + 2 * bead, veins.count - 1)]
                self.addBlob(
                    vessel.end, max(vessel.halfWidth, 0.009) * 1.6, stretch: 1.35, angle: vessel.start.angle(to: vessel.end),
                    ragged: 0, softness: 0.3, .vein)
            }
        }
    }

    /// Intraretinal microvascular abnormalities: short tortuous shunts between vessels.
    private mutating func addShunts(_ count: Int) {
        for _ in 0..<count {
            let place = self.place(within: 0.65, clear: 0.02)
            for _ in 0..<3 { self.addTangle(place, strands: 1, steps: 10, halfWidth: 0.0042, .newVessel) }
        }
    }

    /// New vessels on the disc or elsewhere, blood in front of the retina, or both.
    private mutating func addProliferation() {
        let isOnDisc = self.random.chance(0.45)
        let isElsewhere = self.random.chance(0.6)
        let isBleeding = self.random.chance(0.6) || !(isOnDisc || isElsewhere)
        if isOnDisc { self.addNet(self.anatomy.disc, reach: 0.15) }
        if isElsewhere {
            for _ in 0..<self.random.count(1...3) { self.addNet(self.place(within: 0.62, clear: 0), reach: 0.10) }
        }
        if isBleeding {
            for _ in 0..<self.random.count(1...2) {
                let place = self.place(within: 0.55, clear: 0)
                self.all.append(
                    SampleLesion(shape: .pool(place, radius: self.random.value(0.13...0.24)), material: .pooledBlood))
            }
        }
    }

    private mutating func addNet(_ center: SamplePoint, reach: Float) {
        self.addBlob(center, reach, ragged: 0.15, softness: 0.9, .haze)
        self.addTangle(center, strands: self.random.count(16...24), steps: Int(reach / 0.009), halfWidth: 0.0048, .newVessel)
    }

    private mutating func addTangle(
        _ center: SamplePoint, strands: Int, steps: Int, halfWidth: Float, _ material: SampleMaterial
    ) {
        for _ in 0..<strands {
            var place = center.moved(self.random.value(0...6.28), by: self.random.value(0...0.02))
            var heading = self.random.value(0...6.28)
            var bend: Float = 0
            for _ in 0..<steps {
                bend = 0.7 * bend + self.random.value(-0.5...0.5)
                heading += bend
                let next = place.moved(heading, by: 0.012)
                self.all.append(SampleLesion(shape: .line(place, next, halfWidth: halfWidth), material: material))
                place = next
            }
        }
    }

    private mutating func addBlob(
        _ place: SamplePoint, _ radius: Float, stretch: Float = 1, angle: Float = 0, ragged: Float, softness: Float,
        _ material: SampleMaterial
    ) {
        let phase = self.random.value(0...6.28)
        let shape = SampleShape.blob(
            place, radius: radius, stretch: stretch, angle: angle, ragged: ragged, phase: phase, softness: softness)
        self.all.append(SampleLesion(shape: shape, material: material))
    }

    /// A visible place off the disc and the fovea, `clear` away from vessels where one is found, in one of the four
    /// quadrants where one is given.
    private mutating func place(within reach: Float, clear: Float, quadrant: Int? = nil) -> SamplePoint {
        var place = SamplePoint(x: 0, y: 0)
        for attempt in 0..<60 {
            let turn = quadrant.map { Float($0) * .pi / 2 + self.random.value(0...(.pi / 2)) } ?? self.random.value(0...6.2832)
            place = SamplePoint(x: 0, y: 0).moved(turn, by: reach * self.random.value(0.01...1).squareRoot())
            guard self.isVisible(place), self.offDisc(place), place.distance(to: self.anatomy.fovea) > 0.07 else { continue }
            if clear == 0 || attempt > 40 || self.anatomy.isClear(place, margin: clear) { break }
        }
        return place
    }

    private func isVisible(_ place: SamplePoint) -> Bool {
        abs(place.y) < self.limit && place.distance(to: SamplePoint(x: 0, y: 0)) < 0.9
    }

    private func offDisc(_ place: SamplePoint) -> Bool {
        place.distance(to: self.anatomy.disc) > self.anatomy.discRadius * 1.35
    }
}
