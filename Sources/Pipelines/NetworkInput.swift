package import Imaging

/// What a network is given, and how it is made of what a request holds.
package enum NetworkInput: Sendable, Hashable {
    /// `[N, 3, H, W]` of pictures.
    case picture(Preprocessing)
    /// `[N, S, 1, H, W]` of volumes.
    case volume(VolumePreprocessing)

    /// The shape of a batch.
    package func shape(batch: Int) -> [Int] {
        switch self {
        case .picture(let picture): [batch, 3, picture.height, picture.width]
        case .volume(let volume): [batch, volume.size.depth, 1, volume.size.height, volume.size.width]
        }
    }

    /// Of pictures; nil for networks that take volumes.
    package var preprocessing: Preprocessing? {
        if case .picture(let preprocessing) = self { return preprocessing }
        return nil
    }

    /// Mean and standard deviation of each channel.
    package var normalization: (mean: [Float], std: [Float]) {
        switch self {
        case .picture(let picture): (picture.normalization.mean, picture.normalization.std)
        case .volume(let volume): ([volume.mean], [volume.std])
        }
    }
}
