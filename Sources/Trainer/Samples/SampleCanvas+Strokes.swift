extension SampleCanvas {
    /// Coverage from which on a pixel counts as vessel.
    private static let vesselCoverage: Float = 0.4

    /// Paints arteries and veins over the fundus, and marks what they cover; crossing pieces do not add up.
    mutating func paintVessels(_ vessels: [SampleVessel]) {
        let count = self.frame.width * self.frame.height
        var veins = Array(repeating: Float(0), count: count)
        var arteries = veins
        for vessel in vessels {
            if vessel.isVein {
                self.cover(&veins, vessel.start, vessel.end, vessel.halfWidth, lightReflex: 0.12)
            } else {
                self.cover(&arteries, vessel.start, vessel.end, vessel.halfWidth, lightReflex: 0.35)
            }
        }
        for row in 0..<self.frame.height {
            for column in 0..<self.frame.width where self.frame.isSeen(column, row) {
                let index = row * self.frame.width + column
                self.vesselMask[index] = max(veins[index], arteries[index]) >= Self.vesselCoverage ? 1 : 0
            }
        }
        self.withPlanes { red, green, blue in
            veins.withUnsafeBufferPointer { veins in
                arteries.withUnsafeBufferPointer { arteries in
                    for index in 0..<count {
                        let vein = veins[index]
                        let artery = arteries[index] * (1 - 0.6 * vein)
                        red[index] *= (1 - 0.34 * vein) * (1 - 0.13 * artery)
                        green[index] *= (1 - 0.66 * vein) * (1 - 0.50 * artery)
                        blue[index] *= (1 - 0.58 * vein) * (1 - 0.46 * artery)
                    }
                }
            }
        }
    }

    /// Raises `plane` to the coverage of a round-ended line.
    private func cover(
        _ plane: inout [Float], _ from: SamplePoint, _ to: SamplePoint, _ halfWidth: Float, lightReflex: Float
    ) {
        let start = self.frame.pixels(from)
        let end = self.frame.pixels(to)
        let half = halfWidth * self.frame.radius
        // A vessel thinner than a pixel is drawn a pixel wide and paler.
        let drawn = max(half, 0.5)
        let strength = min(1, half / drawn)
        let width = self.frame.width
        plane.withUnsafeMutableBufferPointer { plane in
            guard let plane = plane.baseAddress else { return }
            forEachPixel(near: start, end, reach: drawn + 1) { column, row, distance in
                let coverage = min(max(drawn + 0.5 - distance, 0), 1)
                let reflex = half > 1.6 && distance < 0.4 * half ? 1 - lightReflex : 1
                let index = row * width + column
                plane[index] = max(plane[index], coverage * strength * reflex)
            }
        }
    }

    /// Paints lesions in their order and marks every pixel they change.
    mutating func paintLesions(_ lesions: [SampleLesion]) {
        for lesion in lesions {
            switch lesion.shape {
            case .blob(let center, let radius, let stretch, let angle, let ragged, let phase, let softness):
                let blob = Blob(
                    radius: max(radius * self.frame.radius, 0.6), stretch: stretch,
                    angle: self.frame.mirror < 0 ? .pi - angle : angle, ragged: ragged, phase: phase, softness: softness)
                self.paint(center, reach: blob.reach, lesion.material) { blob.coverage($0, $1) }
            case .pool(let center, let radius):
                let pixels = radius * self.frame.radius
                self.paint(center, reach: pixels + 1, lesion.material) { dx, dy in
                    // A shallow boat: the blood's level is a little curved at its ends.
                    let sag = dx * dx / pixels
                    let inside = ramp(pixels - (dx * dx + 1.35 * dy * dy).squareRoot(), max(2, 0.10 * pixels))
                    return inside * ramp(dy + 0.20 * pixels - 0.12 * sag, max(2, 0.06 * pixels))
                }
            case .line(let from, let to, let halfWidth):
                self.paintLine(from, to, halfWidth, lesion.material)
            }
        }
    }

    private mutating func paint(
        _ center: SamplePoint, reach: Float, _ material: SampleMaterial, _ coverage: (_ dx: Float, _ dy: Float) -> Float
    ) {
        let place = self.frame.pixels(center)
        let box = self.frame.box(around: place, reach: reach)
        for row in box.rows {
            for column in box.columns {
                self.blend(column, row, material, coverage(Float(column) - place.x, Float(row) - place.y))
            }
        }
    }

    private mutating func paintLine(
        _ from: SamplePoint, _ to: SamplePoint, _ halfWidth: Float, _ material: SampleMaterial
    ) {
        let half = halfWidth * self.frame.radius
        let drawn = max(half, 0.5)
        let strength = min(1, half / drawn)
        var touched: [(column: Int, row: Int, coverage: Float)] = []
        self.forEachPixel(near: self.frame.pixels(from), self.frame.pixels(to), reach: drawn + 1) { column, row, distance in
            touched.append((column, row, min(max(drawn + 0.5 - distance, 0), 1) * strength * 0.7))
        }
        for pixel in touched { self.blend(pixel.column, pixel.row, material, pixel.coverage) }
    }

    private mutating func blend(_ column: Int, _ row: Int, _ material: SampleMaterial, _ coverage: Float) {
        let alpha = coverage * material.opacity
        guard alpha > 0 else { return }
        let count = self.frame.width * self.frame.height
        let index = row * self.frame.width + column
        let rest = 1 - alpha
        self.planes[index] = self.planes[index] * (rest + alpha * material.multiply.red) + alpha * material.add.red
        self.planes[index + count] =
            self.planes[index + count] * (rest + alpha * material.multiply.green) + alpha * material.add.green
        self.planes[index + 2 * count] =
            self.planes[index + 2 * count] * (rest + alpha * material.multiply.blue) + alpha * material.add.blue
        self.mask[index] = 1
    }

    /// Visits the pixels within `reach` of a line with their distance to it.
    @inline(__always)
    private func forEachPixel(
        near start: SamplePoint, _ end: SamplePoint, reach: Float, _ body: (_ column: Int, _ row: Int, _ distance: Float) -> Void
    ) {
        let dx = end.x - start.x
        let dy = end.y - start.y
        let squared = dx * dx + dy * dy
        let inverse = squared > 1e-9 ? 1 / squared : 0
        let middle = SamplePoint(x: 0.5 * (start.x + end.x), y: 0.5 * (start.y + end.y))
        let box = self.frame.box(around: middle, reach: 0.5 * squared.squareRoot() + reach)
        for row in box.rows {
            let py = Float(row) - start.y
            for column in box.columns {
                let px = Float(column) - start.x
                let share = min(max((px * dx + py * dy) * inverse, 0), 1)
                let ox = px - share * dx
                let oy = py - share * dy
                let distance = ox * ox + oy * oy
                if distance < reach * reach { body(column, row, distance.squareRoot()) }
            }
        }
    }
}

/// A ragged ellipse in pixels around the origin.
private struct Blob {
    let radius: Float
    let stretch: Float
    let cosine: Float
    let sine: Float
    let ragged: Float
    let phaseCosine: Float
    let phaseSine: Float
    let softness: Float

    init(radius: Float, stretch: Float, angle: Float, ragged: Float, phase: Float, softness: Float) {
        self.radius = radius
        self.stretch = stretch
        let turn = SamplePoint(x: 0, y: 0).moved(angle, by: 1)
        self.cosine = turn.x
        self.sine = turn.y
        self.ragged = ragged
        let shift = SamplePoint(x: 0, y: 0).moved(phase, by: 1)
        self.phaseCosine = shift.x
        self.phaseSine = shift.y
        self.softness = softness
    }

    /// No pixel further away is covered.
    var reach: Float { self.radius * self.stretch * (1 + self.ragged) + 1 }

    /// How much of a pixel is covered, 0…1. The outline waves two and five times around.
    func coverage(_ dx: Float, _ dy: Float) -> Float {
        let along = (dx * self.cosine + dy * self.sine) / self.stretch
        let across = dy * self.cosine - dx * self.sine
        let distance = (along * along + across * across).squareRoot()
        guard distance > 1e-6 else { return 1 }
        let c = along / distance
        let s = across / distance
        let double = (cosine: c * c - s * s, sine: 2 * c * s)
        let quintuple = (
            cosine: (double.cosine * double.cosine - double.sine * double.sine) * c - 2 * double.cosine * double.sine * s,
            sine: 2 * double.cosine * double.sine * c + (double.cosine * double.cosine - double.sine * double.sine) * s
        )
        let wave =
            0.55 * (double.cosine * self.phaseCosine - double.sine * self.phaseSine)
            + 0.45 * (quintuple.cosine * self.phaseSine + quintuple.sine * self.phaseCosine)
        let edge = self.radius * (1 + self.ragged * wave)
        return ramp(edge + 0.5 - distance, max(self.softness * edge, 1))
    }
}
