extension Augmentation {
    /// What one draw decided; applying it is deterministic.
    package struct Draw: Sendable, Hashable {
        package var mirrored = false
        package var flipped = false
        /// Quarter turns counter-clockwise, 0 to 3.
        package var quarterTurns = 0
        package var degrees = 0.0
        package var scale = 1.0
        /// Shifts as parts of width and height.
        package var shiftX = 0.0
        package var shiftY = 0.0
        package var border = Border.black
        package var brightness: Float = 1
        package var contrast: Float = 1
        package var saturation: Float = 1
        package var hue = 0.0

        package init() {}
    }

    /// Decides for one picture. Takes 14 numbers from the generator whatever the settings are, so that changing one setting
    /// leaves the other decisions as they were.
    package func draw(using random: inout some RandomNumberGenerator) -> Draw {
        var draw = Draw()
        draw.border = self.border
        draw.mirrored = random.unit() < self.horizontalFlip
        draw.flipped = random.unit() < self.verticalFlip
        let (turns, amount) = (random.unit() < self.rotate90, random.unit())
        draw.quarterTurns = turns ? Int(amount * 4) : 0
        let affine = random.unit() < self.affineProbability
        let (degrees, scale) = (random.symmetric(self.rotation), random.symmetric(self.scale))
        let (shiftX, shiftY) = (random.symmetric(self.shift), random.symmetric(self.shift))
        if affine { (draw.degrees, draw.scale, draw.shiftX, draw.shiftY) = (degrees, 1 + scale, shiftX, shiftY) }
        let colour = random.unit() < self.colorProbability
        func factor(_ reach: Double) -> Float {
            let low = max(0, 1 - reach)
            return Float(low + random.unit() * (1 + reach - low))
        }
        let (brightness, contrast, saturation) = (factor(self.brightness), factor(self.contrast), factor(self.saturation))
        let hue = random.symmetric(self.hue)
        if colour { (draw.brightness, draw.contrast, draw.saturation, draw.hue) = (brightness, contrast, saturation, hue) }
        return draw
    }

    /// One random version of `image`, of the same size.
    package func apply(_ image: Image, using random: inout some RandomNumberGenerator) -> Image {
        self.draw(using: &random).apply(image)
    }
}

extension Augmentation.Draw {
    /// The picture changed as decided, of the same size.
    package func apply(_ image: Image) -> Image {
        var image = self.moved(image, nearest: false)
        if self.brightness != 1 { image.adjustBrightness(self.brightness) }
        if self.contrast != 1 { image.adjustContrast(self.contrast) }
        if self.saturation != 1 { image.adjustSaturation(self.saturation) }
        if self.hue != 0 { image.adjustHue(self.hue) }
        return image
    }

    /// The mask of a picture moved as the picture is.
    package func apply(_ mask: Mask) -> Mask { Mask(classes: self.moved(mask.classes, nearest: true)) }

    private func moved(_ image: Image, nearest: Bool) -> Image {
        let image = self.turned(image)
        guard self.degrees != 0 || self.scale != 1 || self.shiftX != 0 || self.shiftY != 0 else { return image }
        return image.warped(
            degrees: self.degrees, scale: self.scale, dx: self.shiftX * Double(image.width),
            dy: self.shiftY * Double(image.height), border: self.border, nearest: nearest)
    }

    private func turned(_ image: Image) -> Image {
        var image = image
        if self.mirrored { image = image.oriented(.mirrored) }
        if self.flipped { image = image.oriented(.flipped) }
        switch (self.quarterTurns, image.width == image.height) {
        case (1, true): return image.oriented(.rotated270)
        case (3, true): return image.oriented(.rotated90)
        case (2, _), (3, false): return image.oriented(.rotated180)
        default: return image
        }
    }
}
