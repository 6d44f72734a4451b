#if canImport(Glibc)
    import Glibc
#endif
package import Imaging

/// What a segmentation network's output means: a map of logits for each class, each its own yes or no.
package struct SegmentationTask: Sendable, Hashable, Codable {
    /// Names of the classes in the order of the output's channels; the background has none.
    package var classNames: [String]
    /// Probability (sigmoid of the logit) above which a pixel belongs to the class.
    package var threshold: Double
    /// From a decoded picture to the network's input.
    package var preprocessing: Preprocessing

    package init(classNames: [String], threshold: Double = 0.5, preprocessing: Preprocessing) {
        self.classNames = classNames
        self.threshold = threshold
        self.preprocessing = preprocessing
    }
}

/// The pixels of a picture that belong to one class.
package struct SegmentedClass: Sendable, Hashable {
    package let name: String
    /// Row-major `[height, width]` of the picture.
    package let pixels: [Bool]
    /// Pixels that belong to the class.
    package let area: Int

    package init(name: String, pixels: [Bool], area: Int) {
        self.name = name
        self.pixels = pixels
        self.area = area
    }
}

extension SegmentationTask {
    /// The masks of a picture at its own size, from its map of logits `[classes, H, W]`; the one place where logits become
    /// masks, for evaluation and serving alike.
    ///
    /// Logits are interpolated (bilinear, pixel centres at halves) from the network's size to the part of the picture that it
    /// saw; what it did not see belongs to no class.
    ///
    /// - Parameters:
    ///   - seen: that part, `view(of:)` of the picture.
    ///   - width: of the picture in pixels, as `height`.
    package func masks(logits: [Float], seen: View, width: Int, height: Int) -> [SegmentedClass] {
        let (mapHeight, mapWidth) = (self.preprocessing.height, self.preprocessing.width)
        precondition(logits.count == self.classNames.count * mapHeight * mapWidth, "a map of logits for each class")
        let cut = Float(log(self.threshold / (1 - self.threshold)))
        let sampler = MapSampler(mapHeight: mapHeight, mapWidth: mapWidth, seen: seen, width: width, height: height)
        return self.classNames.enumerated().map { index, name in
            var pixels = [Bool](repeating: false, count: width * height)
            var area = 0
            for y in sampler.rows {
                sampler.forEach(logits, index, y: y) { x, logit in
                    guard logit > cut else { return }
                    pixels[y * width + x] = true
                    area += 1
                }
            }
            return SegmentedClass(name: name, pixels: pixels, area: area)
        }
    }

    /// A part of a picture in pixels; may reach beyond its edges.
    package struct View: Sendable, Hashable {
        package var x: Int
        package var y: Int
        package var width: Int
        package var height: Int

        package init(x: Int, y: Int, width: Int, height: Int) {
            self.x = x
            self.y = y
            self.width = width
            self.height = height
        }
    }

    /// The part of a picture that preprocessing makes the network's input of.
    package func view(of image: Image) -> View {
        guard self.preprocessing.crop == .fundus, let square = FundusCrop(of: image) else {
            return View(x: 0, y: 0, width: image.width, height: image.height)
        }
        return View(x: square.x, y: square.y, width: square.side, height: square.side)
    }
}
