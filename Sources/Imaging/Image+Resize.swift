import CImaging

/// How a resize weighs the source pixels. All are antialiased: the filter widens when the picture shrinks.
package enum ResizeFilter: String, Sendable, Hashable, Codable, CaseIterable {
    case bilinear
    /// Keys' cubic, a = -0.5.
    case bicubic
    /// Three lobes.
    case lanczos

    var c: ci_filter {
        switch self {
        case .bilinear: CI_BILINEAR
        case .bicubic: CI_BICUBIC
        case .lanczos: CI_LANCZOS
        }
    }
}

extension Image {
    /// The picture at another size, bit-equal to `Image.resize` of Pillow up to 12: along the rows first, then down the
    /// columns, rounded to 8 bits between. (Pillow 13 goes down first where the height shrinks much more than the width; such
    /// results differ by a grey level or two.)
    package func resized(width: Int, height: Int, filter: ResizeFilter) throws(ImagingError) -> Image {
        try Image(width: width, height: height) { (pixels) throws(ImagingError) in
            let target = ci_size(width: Int32(width), height: Int32(height))
            try check("image") { error in
                self.withPixels { ci_resize($0, self.cSize, pixels, target, filter.c, error) }
            }
        }
    }
}
