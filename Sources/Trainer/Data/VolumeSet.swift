package import Foundation
package import Imaging

/// Labelled volumes of one part of a data set, decoded on demand and kept in memory while there is room.
///
/// What is kept is the upright and resampled 8-bit volume; augmentation and normalisation happen for every visit.
package final class VolumeSet: Sendable {
    package let rows: [LabelRow]
    /// NIfTI files, or folders of one DICOM series.
    package let files: [URL]
    package let preprocessing: VolumePreprocessing
    private let cache: ExampleCache<ByteVolume>

    /// - Parameters:
    ///   - files: one for each row.
    ///   - cacheByteCount: room for decoded volumes.
    package init(rows: [LabelRow], files: [URL], preprocessing: VolumePreprocessing, cacheByteCount: Int) {
        precondition(rows.count == files.count, "one file for each row")
        self.rows = rows
        self.files = files
        self.preprocessing = preprocessing
        self.cache = ExampleCache(limit: cacheByteCount)
    }

    package var count: Int { self.rows.count }

    /// Decodes every volume and returns what is wrong with those that cannot be used. What fits stays in memory.
    ///
    /// - Parameter progress: hears how many volumes were read, from one thread at a time.
    package func problems(progress: @Sendable (Int) -> Void = { _ in }) -> [DataProblem] {
        ReadState.problems(count: self.count, progress: progress) { index throws(DataError) in _ = try self.volume(index) }
    }

    /// The upright and resampled volume of a row.
    package func volume(_ index: Int) throws(DataError) -> ByteVolume {
        if let volume = self.cache[index] { return volume }
        let volume: ByteVolume
        do throws(ImagingError) {
            volume = try self.preprocessing.geometric(try Volume.load(path: self.files[index].path))
        } catch {
            let name = self.files[index].lastPathComponent
            throw DataError(.unreadable, name, "\(error.message) (line \(self.rows[index].line) of the labels)")
        }
        self.cache.insert(volume, byteCount: volume.voxels.count, at: index)
        return volume
    }
}
