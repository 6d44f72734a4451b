import CImaging

/// From a decoded picture to a model's input, the same value in training, export and serving.
///
/// As JSON: `{"crop": "fundus", "size": [256, 256], "filter": "bilinear", "mean": [..], "std": [..]}`; size is `[height, width]`.
package struct Preprocessing: Sendable, Hashable {
    package enum Crop: String, Sendable, Hashable, Codable, CaseIterable {
        case none
        /// `Image.croppedToFundus()`.
        case fundus
    }

    package let crop: Crop
    package let height: Int
    package let width: Int
    package let filter: ResizeFilter
    package let normalization: Normalization

    /// - Parameters `height`, `width`: 1 to 8192.
    package init(
        crop: Crop = .none, height: Int, width: Int, filter: ResizeFilter = .bilinear, normalization: Normalization = .imageNet
    ) throws(ImagingError) {
        guard (1...8192).contains(height), (1...8192).contains(width) else {
            throw ImagingError(
                .invalidSetting, subject: "preprocessing.size", "[\(height), \(width)] is outside 1 to 8192 pixels")
        }
        self.crop = crop
        self.height = height
        self.width = width
        self.filter = filter
        self.normalization = normalization
    }

    /// Floats that `apply` and `normalize` write: 3 x height x width.
    package var elementCount: Int { 3 * self.height * self.width }

    /// Crop and resize, before any augmentation; what a trainer may keep in memory.
    package func geometric(_ image: Image) throws(ImagingError) -> Image {
        let cropped = self.crop == .fundus ? image.croppedToFundus() : image
        return try cropped.resized(width: self.width, height: self.height, filter: self.filter)
    }

    /// The same crop and size for a picture and its mask. The mask is taken from the nearest pixels.
    package func geometric(_ image: Image, _ mask: Mask) throws(ImagingError) -> (Image, Mask) {
        precondition(image.width == mask.width && image.height == mask.height, "a mask of the picture's size")
        var (image, classes) = (image, mask.classes)
        if self.crop == .fundus, let square = FundusCrop(of: image) {
            image = image.cropped(x: square.x, y: square.y, width: square.side, height: square.side)
            classes = classes.cropped(x: square.x, y: square.y, width: square.side, height: square.side)
        }
        let resized = try image.resized(width: self.width, height: self.height, filter: self.filter)
        return (resized, Mask(classes: classes.resizedToNearest(width: self.width, height: self.height)))
    }

    /// Writes `(x / 255 - mean) / std` as float32 planes `[3, H, W]`.
    /// - Parameters:
    ///   - image: of this preprocessing's size.
    ///   - destination: room for `elementCount` floats.
    package func normalize(_ image: Image, into destination: UnsafeMutablePointer<Float>) {
        precondition(image.width == self.width && image.height == self.height, "normalize needs the resized picture")
        let tables = self.normalization.tables
        tables.withUnsafeBufferPointer { tables in
            image.withPixels { ci_planes($0, image.pixelCount, tables.baseAddress, destination) }
        }
    }

    /// `geometric`, then `normalize`.
    package func apply(_ image: Image, into destination: UnsafeMutablePointer<Float>) throws(ImagingError) {
        self.normalize(try self.geometric(image), into: destination)
    }
}

extension Preprocessing: Codable {
    private enum CodingKeys: String, CodingKey {
        case crop, size, filter, mean, std
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let size = try values.decode([Int].self, forKey: .size)
        guard size.count == 2 else {
            throw ImagingError(.invalidSetting, subject: "preprocessing.size", "needs two numbers, [height, width]")
        }
        try self.init(
            crop: values.decode(Crop.self, forKey: .crop), height: size[0], width: size[1],
            filter: values.decode(ResizeFilter.self, forKey: .filter),
            normalization: Normalization(
                mean: values.decode([Float].self, forKey: .mean), std: values.decode([Float].self, forKey: .std)))
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(self.crop, forKey: .crop)
        try values.encode([self.height, self.width], forKey: .size)
        try values.encode(self.filter, forKey: .filter)
        try values.encode(self.normalization.mean, forKey: .mean)
        try values.encode(self.normalization.std, forKey: .std)
    }
}
