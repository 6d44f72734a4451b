/// A yes or no for every pixel of a picture: row-major `[height, width]`, at least one pixel.
package struct BinaryMask: Sendable, Hashable {
    package let width: Int
    package let height: Int
    package let pixels: [Bool]

    package init(width: Int, height: Int, pixels: [Bool]) throws(MetricError) {
        try checkPixels(pixels.count, width: width, height: height)
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// Grey values above `threshold` are yes, as of a mask picture.
    package init(width: Int, height: Int, values: [UInt8], above threshold: UInt8 = 127) throws(MetricError) {
        try self.init(width: width, height: height, pixels: values.map { $0 > threshold })
    }

    /// Probabilities above `threshold` are yes; one that is not a number is refused.
    package init(width: Int, height: Int, probabilities: [Float], above threshold: Float = 0.5) throws(MetricError) {
        if let bad = probabilities.firstIndex(where: \.isNaN) {
            throw MetricError(.value, "mask", "the probability of pixel \(bad) is not a number; look at the model's output")
        }
        try self.init(width: width, height: height, pixels: probabilities.map { $0 > threshold })
    }

    /// Pixels that are yes.
    package var area: Int { self.pixels.count(where: { $0 }) }

    package var isEmpty: Bool { !self.pixels.contains(true) }

    /// The pixels of the mask that one step up, down, left or right leads out of it, or out of the picture: the mask without its
    /// erosion by the cross of four neighbours.
    package var surface: BinaryMask {
        let (width, height, pixels) = (self.width, self.height, self.pixels)
        var surface = Array(repeating: false, count: pixels.count)
        for row in 0..<height {
            for column in 0..<width {
                let place = row * width + column
                guard pixels[place] else { continue }
                let isEdge = row == 0 || column == 0 || row == height - 1 || column == width - 1
                surface[place] =
                    isEdge || !pixels[place - 1] || !pixels[place + 1] || !pixels[place - width] || !pixels[place + width]
            }
        }
        return BinaryMask(checked: surface, width: width, height: height)
    }

    init(checked pixels: [Bool], width: Int, height: Int) {
        self.pixels = pixels
        self.width = width
        self.height = height
    }

    /// Refuses masks of different pictures.
    func checkSize(of other: BinaryMask, _ subject: String) throws(MetricError) {
        guard self.width == other.width, self.height == other.height else {
            let sizes = "\(other.width) x \(other.height), the other \(self.width) x \(self.height) pixels"
            throw MetricError(.size, subject, "one mask is \(sizes); bring both to the size of the truth")
        }
    }
}

/// A class for every pixel of a picture: row-major `[height, width]`, at least one pixel.
package struct LabelMap: Sendable, Hashable {
    package let width: Int
    package let height: Int
    package let labels: [Int]

    package init(width: Int, height: Int, labels: [Int]) throws(MetricError) {
        try checkPixels(labels.count, width: width, height: height)
        self.width = width
        self.height = height
        self.labels = labels
    }

    /// The pixels of one class.
    package func mask(of label: Int) -> BinaryMask {
        BinaryMask(checked: self.labels.map { $0 == label }, width: self.width, height: self.height)
    }
}

func checkPixels(_ count: Int, width: Int, height: Int) throws(MetricError) {
    guard width > 0, height > 0 else {
        throw MetricError(.empty, "mask", "\(width) x \(height) pixels; there is nothing to compare")
    }
    let pixels = width.multipliedReportingOverflow(by: height)
    guard !pixels.overflow, pixels.partialValue == count else {
        throw MetricError(.size, "mask", "\(count) values for \(width) x \(height) pixels")
    }
}
