import CImaging

/// The four operations of torchvision's `ColorJitter`, with Pillow's 8-bit arithmetic. A factor of 1 changes nothing.
extension Image {
    /// Blends with black: 0 is black, 2 twice as bright.
    package mutating func adjustBrightness(_ factor: Float) {
        let count = self.pixelCount
        self.withMutablePixels { ci_brightness($0, count, factor) }
    }

    /// Blends with the picture's mean grey.
    package mutating func adjustContrast(_ factor: Float) {
        let count = self.pixelCount
        self.withMutablePixels { ci_contrast($0, count, factor) }
    }

    /// Blends with the grey picture: 0 is grey.
    package mutating func adjustSaturation(_ factor: Float) {
        let count = self.pixelCount
        self.withMutablePixels { ci_saturation($0, count, factor) }
    }

    /// Turns the hue by `turns` (-0.5 to 0.5) of the circle, in steps of 1/255 as torchvision does on Pillow pictures.
    package mutating func adjustHue(_ turns: Double) {
        precondition(turns >= -0.5 && turns <= 0.5, "a hue shift is -0.5 to 0.5 turns")
        let shift = UInt8(truncatingIfNeeded: Int(turns * 255))
        let count = self.pixelCount
        self.withMutablePixels { ci_hue($0, count, shift) }
    }
}
