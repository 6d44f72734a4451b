import Foundation
import Imaging
import Synchronization

/// `dr-train sample`.
package struct SampleCommand: Sendable {
    let directory: String
    let images: Int
    let seed: UInt64
    let size: Int
    /// How many volumes are drawn instead of photographs; nil for photographs.
    let volumes: Int?

    package init(directory: String, images: Int, seed: UInt64, size: Int, volumes: Int? = nil) {
        self.directory = directory
        self.images = images
        self.seed = seed
        self.size = size
        self.volumes = volumes
    }

    package func run() async throws {
        if let volumes = self.volumes { return try self.writeVolumes(volumes) }
        var progress = ProgressLine()
        try SampleDataset.write(
            to: URL(fileURLWithPath: self.directory), images: self.images, seed: self.seed, size: self.size,
            encode: { image in
                let picture = Image(width: image.width, height: image.height, pixels: image.rgb)
                return switch image.sample.format {
                case .png: try picture.encodedPNG()
                case .jpeg(let quality): try picture.encodedJPEG(quality: quality)
                }
            },
            encodeMask: { image in
                try Image.greyPNG(image.vesselMask.map { $0 * 255 }, width: image.width, height: image.height)
            },
            progress: { done, total in progress.show("drawing", done: done, of: total, note: "") })
        progress.clear()
        print("\(self.images) synthetic photographs in \(self.directory)")
    }

    private func writeVolumes(_ count: Int) throws {
        let progress = Mutex(ProgressLine())
        try SampleVolumeDataset.write(to: URL(fileURLWithPath: self.directory), volumes: count, seed: self.seed) { done, total in
            progress.withLock { $0.show("drawing", done: done, of: total, note: "") }
        }
        progress.withLock { $0.clear() }
        print("\(count) synthetic volumes in \(self.directory)")
    }
}
