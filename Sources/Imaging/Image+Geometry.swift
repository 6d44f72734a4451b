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
    package func warped(degrees: Double, scale: Double, dx: Double, dy: Double, border: Border) -> Image {
        precondition(scale >= 0.01 && scale.isFinite && degrees.isFinite && abs(dx) <= 1e6 && abs(dy) <= 1e6)
        var map = ci_affine_make(self.cSize, degrees, scale, dx, dy)
        return .made(width: self.width, height: self.height) { pixels in
            self.withPixels { ci_warp($0, self.cSize, &map, border == .reflect ? 1 : 0, pixels) }
        }
    }
}

/// What lies outside a picture that is rotated or shifted.
package enum Border: String, Sendable, Hashable, Codable, CaseIterable {
    case black
    /// Mirrored about the edge pixel, which is not repeated.
    case reflect
}
