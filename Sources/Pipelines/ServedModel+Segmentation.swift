package import Imaging

/// A segmentation network's answer for one picture, at the picture's own size.
package struct SegmentationResult: Sendable {
    package let width: Int
    package let height: Int
    package let classes: [SegmentedClass]
    /// Probability above which a pixel belongs to a class.
    package let threshold: Double
    /// The picture with the outline of every class, as PNG; nil where nobody asked.
    package let overlay: [UInt8]?
}

extension ServedModel {
    /// Decodes, prepares and segments one PNG or JPEG.
    /// - Parameter overlay: Draw the outlines into the picture, too.
    package func segment(
        _ encoded: [UInt8], overlay: Bool = false
    ) async throws -> (result: SegmentationResult, timings: Timings) {
        guard case .segmentation(let task) = self.card.task else { throw PipelineError(self.card, wanted: .segmentation) }
        let (image, logits, timings) = try await self.answer(encoded)
        let result = try await self.decoding {
            let classes = task.masks(logits: logits, seen: task.view(of: image), width: image.width, height: image.height)
            do {
                let drawn = overlay ? try image.outlining(classes).encodedPNG(level: 3) : nil
                return SegmentationResult(
                    width: image.width, height: image.height, classes: classes, threshold: task.threshold, overlay: drawn)
            } catch let error as ImagingError {
                throw PipelineError(error)
            }
        }
        return (result, timings)
    }
}

extension SegmentedClass {
    /// A grey PNG of the picture's size, 255 where the class is.
    package func png(width: Int, height: Int) throws(PipelineError) -> [UInt8] {
        do {
            return try Image.greyPNG(self.pixels.map { $0 ? 255 : 0 }, width: width, height: height, level: 3)
        } catch {
            throw PipelineError(error)
        }
    }
}

extension Image {
    /// Colours of outlines, class by class, repeated: distinct for colour-blind eyes (Okabe and Ito 2008).
    private static let outlineColours: [(red: UInt8, green: UInt8, blue: UInt8)] = [
        (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (204, 121, 167),
    ]

    /// The picture with every pixel of a class that borders on another pixel drawn in the class's colour.
    package func outlining(_ classes: [SegmentedClass]) -> Image {
        var image = self
        for (index, segmented) in classes.enumerated() {
            let colour = Self.outlineColours[index % Self.outlineColours.count]
            func isIn(_ x: Int, _ y: Int) -> Bool {
                x >= 0 && y >= 0 && x < self.width && y < self.height && segmented.pixels[y * self.width + x]
            }
            for y in 0..<self.height {
                for x in 0..<self.width where segmented.pixels[y * self.width + x] {
                    let isInside = isIn(x - 1, y) && isIn(x + 1, y) && isIn(x, y - 1) && isIn(x, y + 1)
                    if !isInside { image[x: x, y: y] = colour }
                }
            }
        }
        return image
    }
}
