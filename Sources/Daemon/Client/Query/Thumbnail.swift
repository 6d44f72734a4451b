import Imaging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Small copies of pictures that live inside a page.
struct Thumbnails {
    /// Pixels of the longer side.
    private static let side = 320

    /// Files by what their pictures are called in an index; where two are called the same, neither.
    private let files: [String: String]

    /// - Parameter folder: of the index's pictures; nil when there are none to show.
    init(folder: String?) throws(DaemonError) {
        guard let folder else {
            self.files = [:]
            return
        }
        let names = try PictureList.names(in: folder, of: PictureList.Kind.allCases, recursively: true)
        self.files = Dictionary(grouping: names, by: PictureList.stem).compactMapValues { names in
            names.count == 1 ? "\(folder)/\(names[0])" : nil
        }
    }

    /// A data URI of an entry's picture; nil when there is none that can be read.
    func entry(_ id: String) -> String? { self.files[id].flatMap(Self.uri) }

    /// A data URI of a picture's file, or of the middle slice of a volume's; nil when it cannot be read.
    static func uri(_ path: String) -> String? {
        guard let image = (try? Image.load(path: path)) ?? (try? Image.middleSlice(of: Volume.loadNifti(path: path))) else {
            return nil
        }
        let scale = min(1, Double(Self.side) / Double(max(image.width, image.height)))
        let (width, height) = (max(1, Int(Double(image.width) * scale)), max(1, Int(Double(image.height) * scale)))
        guard let small = scale < 1 ? try? image.resized(width: width, height: height, filter: .bilinear) : image,
            let jpeg = try? small.encodedJPEG(quality: 85)
        else { return nil }
        return "data:image/jpeg;base64," + Data(jpeg).base64EncodedString()
    }
}

extension Image {
    /// The middle axial slice, from the smallest value in black to the largest in white.
    fileprivate static func middleSlice(of volume: Volume) throws(ImagingError) -> Image {
        let upright = volume.canonical()
        let values = upright.floats
        let low = Double(values.min() ?? 0)
        let bytes = try upright.windowed(VolumeWindow(low: low, high: max(Double(values.max() ?? 1), low + 1e-6)))
        let (size, area) = (bytes.size, bytes.size.height * bytes.size.width)
        let slice = bytes.voxels[(size.depth / 2 * area)..<((size.depth / 2 + 1) * area)]
        return Image(width: size.width, height: size.height, pixels: slice.flatMap { [$0, $0, $0] })
    }
}
