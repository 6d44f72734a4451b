/// Random changes of a training picture. All zero changes nothing.
///
/// Order, fixed: horizontal flip, vertical flip, quarter turn, rotation + scale + shift in one step, brightness, contrast,
/// saturation, hue.
package struct Augmentation: Sendable, Hashable {
    /// Chance of a left-right flip, 0 to 1.
    package var horizontalFlip = 0.0
    /// Chance of an upside-down flip.
    package var verticalFlip = 0.0
    /// Chance of a turn by 0, 90, 180 or 270 degrees, equally likely; pictures that are not square turn by 0 or 180.
    package var rotate90 = 0.0
    /// Chance that rotation, scale and shift are applied.
    package var affineProbability = 1.0
    /// Rotation within plus and minus this many degrees, 0 to 180.
    package var rotation = 0.0
    /// Scale within 1 minus and 1 plus this, 0 to 0.9.
    package var scale = 0.0
    /// Shift along each axis within plus and minus this part of the side, 0 to 1.
    package var shift = 0.0
    package var border = Border.black
    /// Chance that the four colour changes are applied.
    package var colorProbability = 1.0
    /// Factor within max(0, 1 - x) and 1 + x, as for contrast and saturation.
    package var brightness = 0.0
    package var contrast = 0.0
    package var saturation = 0.0
    /// Turn of the hue circle within plus and minus this, 0 to 0.5.
    package var hue = 0.0

    package init() {}

    /// Whether no draw can change a picture.
    package var isIdentity: Bool {
        let affine = self.affineProbability > 0 && (self.rotation > 0 || self.scale > 0 || self.shift > 0)
        let colour =
            self.colorProbability > 0
            && (self.brightness > 0 || self.contrast > 0 || self.saturation > 0 || self.hue > 0)
        return !affine && !colour && self.horizontalFlip == 0 && self.verticalFlip == 0 && self.rotate90 == 0
    }

    /// Throws for the first setting outside its range.
    package func validate() throws(ImagingError) {
        let settings: [(String, Double, ClosedRange<Double>)] = [
            ("horizontal_flip", self.horizontalFlip, 0...1), ("vertical_flip", self.verticalFlip, 0...1),
            ("rotate90", self.rotate90, 0...1), ("affine_probability", self.affineProbability, 0...1),
            ("rotation", self.rotation, 0...180), ("scale", self.scale, 0...0.9), ("shift", self.shift, 0...1),
            ("color_probability", self.colorProbability, 0...1), ("brightness", self.brightness, 0...10),
            ("contrast", self.contrast, 0...10), ("saturation", self.saturation, 0...10), ("hue", self.hue, 0...0.5),
        ]
        for (name, value, range) in settings where !range.contains(value) {
            throw ImagingError(
                .invalidSetting, subject: "augmentation.\(name)",
                "\(value) is outside \(range.lowerBound) to \(range.upperBound)")
        }
    }
}

extension Augmentation: Codable {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case horizontalFlip, verticalFlip, rotate90, affineProbability
        case rotation, scale, shift, border
        case colorProbability
        case brightness, contrast, saturation, hue
    }

    /// Settings that are left out keep their default; the ranges are checked.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func read(_ key: CodingKeys, into setting: inout Double) throws {
            setting = try values.decodeIfPresent(Double.self, forKey: key) ?? setting
        }
        self.init()
        try read(.horizontalFlip, into: &self.horizontalFlip)
        try read(.verticalFlip, into: &self.verticalFlip)
        try read(.rotate90, into: &self.rotate90)
        try read(.affineProbability, into: &self.affineProbability)
        try read(.rotation, into: &self.rotation)
        try read(.scale, into: &self.scale)
        try read(.shift, into: &self.shift)
        self.border = try values.decodeIfPresent(Border.self, forKey: .border) ?? self.border
        try read(.colorProbability, into: &self.colorProbability)
        try read(.brightness, into: &self.brightness)
        try read(.contrast, into: &self.contrast)
        try read(.saturation, into: &self.saturation)
        try read(.hue, into: &self.hue)
        try self.validate()
    }
}
