package import Foundation
package import Imaging

/// Labelled pictures of one part of a data set, decoded on demand and kept in memory while there is room.
///
/// What is kept is the cropped and resized 8-bit picture; augmentation and normalisation happen for every visit.
package final class PictureSet: Sendable {
    package let rows: [LabelRow]
    package let files: [URL]
    package let preprocessing: Preprocessing
    private let cache: ExampleCache<Image>

    /// - Parameters:
    ///   - files: one for each row.
    ///   - cacheByteCount: room for decoded pictures.
    package init(rows: [LabelRow], files: [URL], preprocessing: Preprocessing, cacheByteCount: Int) {
        precondition(rows.count == files.count, "one file for each row")
        self.rows = rows
        self.files = files
        self.preprocessing = preprocessing
        self.cache = ExampleCache(limit: cacheByteCount)
    }

    package var count: Int { self.rows.count }

    /// Decodes every picture and returns what is wrong with those that cannot be used. What fits stays in memory.
    ///
    /// - Parameter progress: hears how many pictures were read, from one thread at a time.
    package func problems(progress: @Sendable (Int) -> Void = { _ in }) -> [DataProblem] {
        ReadState.problems(count: self.count, progress: progress) { index throws(DataError) in _ = try self.picture(index) }
    }

    /// The cropped and resized picture of a row.
    package func picture(_ index: Int) throws(DataError) -> Image {
        if let image = self.cache[index] { return image }
        let image: Image
        do throws(ImagingError) {
            image = try self.preprocessing.geometric(try Image.load(path: self.files[index].path))
        } catch {
            let name = self.files[index].lastPathComponent
            throw DataError(.unreadable, name, "\(error.message) (line \(self.rows[index].line) of the labels)")
        }
        self.cache.insert(image, byteCount: image.pixels.count, at: index)
        return image
    }
}
