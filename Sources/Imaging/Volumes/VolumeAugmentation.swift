/// Random changes of a training volume. All zero changes nothing.
///
/// Rotation, scale and shift happen in one step about the centre of the grid, in voxels; then noise is added.
package struct VolumeAugmentation: Sendable, Hashable {
    /// Chance that rotation, scale and shift are applied, 0 to 1.
    package var affineProbability = 1.0
    /// Rotation about each of the three axes within plus and minus this many degrees, 0 to 180.
    package var rotation = 0.0
    /// Scale, the same for all axes, within 1 minus and 1 plus this, 0 to 0.9.
    package var scale = 0.0
    /// Shift along each axis within plus and minus this part of the side, 0 to 1.
    package var shift = 0.0
    /// Chance that noise is added.
    package var noiseProbability = 1.0
    /// Standard deviation of the added noise, in the voxels' units, 0 to 10.
    package var noise = 0.0

    package init() {}

    /// Whether no draw can change a volume.
    package var isIdentity: Bool {
        let affine = self.affineProbability > 0 && (self.rotation > 0 || self.scale > 0 || self.shift > 0)
        return !affine && (self.noiseProbability == 0 || self.noise == 0)
    }

    /// Throws for the first setting outside its range.
    package func validate() throws(ImagingError) {
        let settings: [(String, Double, ClosedRange<Double>)] = [
            ("affine_probability", self.affineProbability, 0...1), ("rotation", self.rotation, 0...180),
            ("scale", self.scale, 0...0.9), ("shift", self.shift, 0...1),
            ("noise_probability", self.noiseProbability, 0...1), ("noise", self.noise, 0...10),
        ]
        for (name, value, range) in settings where !range.contains(value) {
            throw ImagingError(
                .invalidSetting, subject: "augmentation.\(name)",
                "\(value) is outside \(range.lowerBound) to \(range.upperBound)")
        }
    }
}

extension VolumeAugmentation: Codable {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case affineProbability, rotation, scale, shift, noiseProbability, noise
    }

    /// Settings that are left out keep their default; the ranges are checked.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func read(_ key: CodingKeys, into setting: inout Double) throws {
            setting = try values.decodeIfPresent(Double.self, forKey: key) ?? setting
        }
        self.init()
        try read(.affineProbability, into: &self.affineProbability)
        try read(.rotation, into: &self.rotation)
        try read(.scale, into: &self.scale)
        try read(.shift, into: &self.shift)
        try read(.noiseProbability, into: &self.noiseProbability)
        try read(.noise, into: &self.noise)
        try self.validate()
    }
}
