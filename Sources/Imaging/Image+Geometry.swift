import CImaging

extension Image {
    /// The stored picture made upright. With `Orientation`'s other cases this is also every flip and quarter turn.
    package func oriented(_ orientation: Orientation) -> Image {
        guard orientation != .upright else { return self }
        let exchanged = orientation.exchangesSides
        return .made(width: exchanged ? self.height : self.width, height: exchanged ? self.width : self.height) { pixels in
            self.withPixels { ci_orient($0, self.cSize, Int32(orientation.rawValue), pixels) }
        }
    }

    /// The rectangle whose first pixel is (`x`, `y`), black where it lies outside the picture.
    package func cropped(x: Int, y: Int, width: Int, height: Int) -> Image {
        let columns = max(x, 0)..<max(min(x + width, self.width), max(x, 0))
        let rows = max(y, 0)..<max(min(y + height, self.height), max(y, 0))
        return .made(width: width, height: height) { pixels in
            pixels.initialize(repeating: 0, count: width * height * 3)
            guard !columns.isEmpty else { return }
            self.withPixels { source in
                for row in rows {
                    let target = pixels + ((row - y) * width + columns.lowerBound - x) * 3
                    target.update(from: source + (row * self.width + columns.lowerBound) * 3, count: columns.count * 3)
                }
            }
        }
    }

    /// Rotated counter-clockwise by `degrees` and scaled by `scale` about the centre, then shifted by `dx`, `dy` pixels; same
    /// size. Bilinear, pixel centres at integers. Integer arithmetic: the same on every CPU.
    ///
    /// - Parameter nearest: Take the nearest pixel instead of blending four.
    package func warped(
        degrees: Double, scale: Double, dx: Double, dy: Double, border: Border, nearest: Bool = false
    ) -> Image {
        precondition(scale >= 0.01 && scale.isFinite && degrees.isFinite && abs(dx) <= 1e6 && abs(dy) <= 1e6)
        var map = ci_affine_make(self.cSize, degrees, scale, dx, dy)
        let warp = nearest ? ci_warp_nearest : ci_warp
        return .made(width: self.width, height: self.height) { pixels in
            self.withPixels { warp($0, self.cSize, &map, border == .reflect ? 1 : 0, pixels) }
        }
    }

    /// The picture of another size, each pixel that of the source under its centre (Pillow's NEAREST).
    package func resizedToNearest(width: Int, height: Int) -> Image {
        guard (width, height) != (self.width, self.height) else { return self }
        let columns = (0..<width).map { min(($0 * 2 + 1) * self.width / (2 * width), self.width - 1) * 3 }
        return .made(width: width, height: height) { pixels in
            self.withPixels { source in
                for y in 0..<height {
                    let row = source + min((y * 2 + 1) * self.height / (2 * height), self.height - 1) * self.width * 3
                    for x in 0..<width { (pixels + (y * width + x) * 3).update(from: row + columns[x], count: 3) }
                }
            }
        }
    }
}

/// What lies outside a picture that is rotated or shifted.
package enum Border: String, Sendable, Hashable, Codable, CaseIterable {
    case black
    /// Mirrored about the edge pixel, which is not repeated.
    case reflect
}
