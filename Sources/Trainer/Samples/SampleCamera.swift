import Metrics

/// What a site's camera makes of an eye.
struct SampleCamera {
    /// Height of the picture as a share of its width.
    let aspect: Float
    /// Radius of the field of view as a share of the width.
    let radius: Float
    /// Gain of red, green, blue.
    let gains: (red: Float, green: Float, blue: Float)
    /// A grey veil: added to every colour inside the field of view.
    let veil: (red: Float, green: Float, blue: Float)
    /// How much darker the rim is than the middle.
    let vignetting: Float
    /// Amplitude of the sensor noise, 0…1.
    let noise: Float
    /// Blur passes for a picture 512 pixels wide, each a [1 2 1]/4 in both directions.
    let blurPasses: Float

    init(_ site: SampleSite) {
        switch site {
        case .a:
            self.aspect = 1
            self.radius = 0.475
            self.gains = (1.06, 1.03, 0.92)
            self.veil = (0.01, 0.01, 0.01)
            self.vignetting = 0.24
            self.noise = 0.012
            self.blurPasses = 0.6
        case .b:
            self.aspect = 0.75
            self.radius = 0.43
            self.gains = (0.86, 0.92, 1.18)
            self.veil = (0.05, 0.055, 0.075)
            self.vignetting = 0.42
            self.noise = 0.026
            self.blurPasses = 2
        }
    }

    /// The frame of a picture `size` pixels wide.
    func frame(size: Int, eye: SampleEye) -> SampleFrame {
        SampleFrame(
            width: size, height: max(1, Int((Float(size) * self.aspect).rounded())), radius: Float(size) * self.radius,
            mirror: eye == .right ? 1 : -1)
    }

    /// Lights, blurs and digitises a canvas: interleaved RGB bytes, `[height, width, 3]`.
    func photograph(_ canvas: consuming SampleCanvas, random: SplitMix64) -> [UInt8] {
        var random = random
        var canvas = canvas
        self.light(&canvas, &random)
        let frame = canvas.frame
        let passes = Int((self.blurPasses * Float(frame.width) / 512).rounded())
        var scratch = Array(repeating: Float(0), count: frame.width)
        for _ in 0..<passes {
            canvas.withPlanes { red, green, blue in
                for plane in [red, green, blue] { blur(plane, frame, &scratch) }
            }
        }
        return self.digitised(&canvas, &random)
    }

    private func light(_ canvas: inout SampleCanvas, _ random: inout SplitMix64) {
        let frame = canvas.frame
        let exposure = random.value(0.88...1.06)
        let tilt = SamplePoint(x: random.value(-0.14...0.14), y: random.value(-0.10...0.10))
        let edge = frame.radius
        canvas.withPlanes { red, green, blue in
            for row in 0..<frame.height {
                let y = (Float(row) + 0.5 - frame.centerY) / edge
                for column in 0..<frame.width {
                    let x = (Float(column) + 0.5 - frame.centerX) / edge
                    let squared = x * x + y * y
                    let index = row * frame.width + column
                    guard squared < 1.05 else {
                        red[index] = 0
                        green[index] = 0
                        blue[index] = 0
                        continue
                    }
                    let inside = ramp((1 - squared.squareRoot()) * edge + 1, 2.5)
                    let fall = 1 - self.vignetting * squared * squared * (1.3 - 0.3 * squared)
                    let light = exposure * fall * (1 + tilt.x * x + tilt.y * y)
                    red[index] = inside * (red[index] * light * self.gains.red + self.veil.red)
                    green[index] = inside * (green[index] * light * self.gains.green + self.veil.green)
                    blue[index] = inside * (blue[index] * light * self.gains.blue + self.veil.blue)
                }
            }
        }
    }

    private func digitised(_ canvas: inout SampleCanvas, _ random: inout SplitMix64) -> [UInt8] {
        let count = canvas.frame.width * canvas.frame.height
        let seed = random.next()
        let scale = self.noise * 255 / 128
        var bytes = Array(repeating: UInt8(0), count: 3 * count)
        bytes.withUnsafeMutableBufferPointer { bytes in
            guard let output = bytes.baseAddress else { return }
            canvas.withPlanes { red, green, blue in
                for index in 0..<count {
                    // Dark pixels outside the field of view carry little noise.
                    let visible: Float = red[index] + green[index] > 0.02 ? scale : 0.2 * scale
                    let bits = scrambled(seed &+ UInt64(index))
                    output[3 * index] = byte(red[index], bits, visible)
                    output[3 * index + 1] = byte(green[index], bits >> 16, visible)
                    output[3 * index + 2] = byte(blue[index], bits >> 32, visible)
                }
            }
        }
        return bytes
    }
}

/// A colour as a byte with triangular noise from the lowest 16 bits.
@inline(__always) private func byte(_ value: Float, _ bits: UInt64, _ scale: Float) -> UInt8 {
    let noise = Float(Int32(truncatingIfNeeded: bits & 0xFF) + Int32(truncatingIfNeeded: (bits >> 8) & 0xFF) - 255)
    return UInt8(min(max(value * 255 + 0.5 * noise * scale + 0.5, 0), 255))
}

@inline(__always) private func scrambled(_ word: UInt64) -> UInt64 {
    var z = word &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 32)) &* 0xD6E8_FEB8_6659_FD93
    return z ^ (z >> 32)
}

/// One [1 2 1]/4 pass over a plane, first along the rows, then down the columns.
private func blur(_ plane: UnsafeMutablePointer<Float>, _ frame: SampleFrame, _ scratch: inout [Float]) {
    let width = frame.width
    scratch.withUnsafeMutableBufferPointer { scratch in
        guard let last = scratch.baseAddress else { return }
        for row in 0..<frame.height {
            let line = plane + row * width
            for column in 0..<width { last[column] = line[column] }
            for column in 1..<max(width - 1, 1) {
                line[column] = 0.5 * last[column] + 0.25 * (last[column - 1] + last[column + 1])
            }
        }
        for column in 0..<width { last[column] = plane[column] }
        for row in 1..<max(frame.height - 1, 1) {
            let line = plane + row * width
            for column in 0..<width {
                let value = line[column]
                line[column] = 0.5 * value + 0.25 * (last[column] + line[column + width])
                last[column] = value
            }
        }
    }
}
