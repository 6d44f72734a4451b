import Metrics

extension SampleCanvas {
    /// Paints the bare fundus: pigment, choroid, macula, optic disc.
    mutating func paintFundus(_ anatomy: SampleAnatomy, random: SplitMix64) {
        var random = random
        let frame = self.frame
        let cloud = SampleNoise(cells: 5, frame: frame, random: &random)
        let patches = SampleNoise(cells: 17, frame: frame, random: &random)
        let grain = SampleNoise(cells: 60, frame: frame, random: &random)
        let web = SampleNoise(cells: 26, frame: frame, random: &random)
        var texture = Array(repeating: Float(0), count: frame.width)
        var choroid = texture
        let columns = (0..<frame.width).map(frame.x)
        self.withPlanes { red, green, blue in
            texture.withUnsafeMutableBufferPointer { texture in
                choroid.withUnsafeMutableBufferPointer { choroid in
                    guard let textureRow = texture.baseAddress, let choroidRow = choroid.baseAddress else { return }
                    for row in 0..<frame.height {
                        for column in 0..<frame.width {
                            textureRow[column] = 0
                            choroidRow[column] = 0
                        }
                        cloud.add(row: row, amplitude: 0.09, to: textureRow)
                        patches.add(row: row, amplitude: 0.04, to: textureRow)
                        grain.add(row: row, amplitude: 0.035, to: textureRow)
                        web.add(row: row, amplitude: 1, to: choroidRow)
                        let start = row * frame.width
                        FundusRow(anatomy: anatomy, y: frame.y(row)).paint(
                            columns: columns, texture: textureRow, choroid: choroidRow,
                            red: red + start, green: green + start, blue: blue + start)
                    }
                }
            }
        }
    }
}

/// The colours of one row of pixels.
private struct FundusRow {
    let anatomy: SampleAnatomy
    let y: Float

    func paint(
        columns: [Float], texture: UnsafePointer<Float>, choroid: UnsafePointer<Float>,
        red: UnsafeMutablePointer<Float>, green: UnsafeMutablePointer<Float>, blue: UnsafeMutablePointer<Float>
    ) {
        let tone = self.anatomy.tone
        let fovea = self.anatomy.fovea
        let disc = self.anatomy.disc
        let rimSquared = self.anatomy.discRadius * self.anatomy.discRadius
        let stretch = 1 / (self.anatomy.discStretch * self.anatomy.discStretch)
        let foveaY = (self.y - fovea.y) * (self.y - fovea.y)
        let discY = (self.y - disc.y) * (self.y - disc.y)
        let depth = self.anatomy.foveaDepth
        let strength = 0.05 + 0.10 * self.anatomy.choroid
        let cupSquared = self.anatomy.cup * self.anatomy.cup
        for column in 0..<columns.count {
            let x = columns[column]
            let toFovea = (x - fovea.x) * (x - fovea.x) + foveaY
            let toDisc = (x - disc.x) * (x - disc.x) + discY
            let macula = hill(toFovea, 0.32 * 0.32)
            let pit = hill(toFovea, 0.095 * 0.095) * depth
            let glow = hill(toDisc, 0.42 * 0.42)
            let vessel = strength * (1 - min(1, abs(choroid[column]) * 3.5)) * (1 - macula)
            let brightness = 1 + texture[column] + 0.10 * glow
            var r = tone.red * (brightness + 0.4 * vessel) * (1 - 0.24 * macula) * (1 - 0.26 * pit)
            var g = tone.green * (brightness * (1 + 0.15 * glow) - 0.6 * vessel) * (1 - 0.34 * macula) * (1 - 0.38 * pit)
            var b = tone.blue * (brightness * (1 + 0.15 * glow) - 0.7 * vessel) * (1 - 0.30 * macula) * (1 - 0.2 * pit)
            let ellipse = ((x - disc.x) * (x - disc.x) + discY * stretch) / rimSquared
            if ellipse < 1.4 {
                let rim = ramp(1.28 - ellipse, 0.5)
                let cup = ramp(cupSquared + 0.10 - ellipse, 0.22)
                let shade = 1 + 0.6 * texture[column]
                r += rim * ((0.97 + 0.03 * cup) * shade - r)
                g += rim * ((0.70 + 0.20 * cup) * shade - g)
                b += rim * ((0.42 + 0.28 * cup) * shade - b)
            }
            red[column] = r
            green[column] = g
            blue[column] = b
        }
    }
}

/// 1 at distance 0, falling smoothly to 0 at the given squared distance.
@inline(__always) private func hill(_ squared: Float, _ reach: Float) -> Float {
    let share = max(0, 1 - squared / reach)
    return share * share
}

/// 0 below 0, 1 above `width`, smooth between.
@inline(__always) func ramp(_ value: Float, _ width: Float) -> Float {
    let share = min(max(value / width, 0), 1)
    return share * share * (3 - 2 * share)
}
