package import Foundation
package import Imaging

/// Pictures with a mask each, decoded on demand and kept in memory while there is room.
package final class MaskedPictures: Sendable {
    package let rows: [LabelRow]
    package let files: [URL]
    package let masks: [URL]
    package let preprocessing: Preprocessing
    /// The grey values of the masks' classes, background first.
    package let values: [UInt8]
    private let cache: ExampleCache<(Image, Mask)>

    /// - Parameters:
    ///   - files: one for each row, as `masks`.
    ///   - cacheByteCount: room for decoded pictures and masks.
    package init(
        rows: [LabelRow], files: [URL], masks: [URL], preprocessing: Preprocessing, values: [UInt8], cacheByteCount: Int
    ) {
        precondition(rows.count == files.count && rows.count == masks.count, "one picture and one mask for each row")
        self.rows = rows
        self.files = files
        self.masks = masks
        self.preprocessing = preprocessing
        self.values = values
        self.cache = ExampleCache(limit: cacheByteCount)
    }

    /// Pictures of a table with the masks of the same names; throws every one that is missing, with its line.
    package convenience init(
        _ pictures: PictureSet, masks folder: ImageFolder, table: String, values: [UInt8], cacheByteCount: Int
    ) throws(DataError) {
        var masks: [URL] = []
        var problems: [DataProblem] = []
        for row in pictures.rows {
            do throws(DataError) {
                masks.append(try folder.resolve(row.id))
            } catch {
                problems.append(DataProblem(error.code, file: table, line: row.line, "mask: \(error.message)"))
            }
        }
        try problems.raise(about: table)
        self.init(
            rows: pictures.rows, files: pictures.files, masks: masks, preprocessing: pictures.preprocessing, values: values,
            cacheByteCount: cacheByteCount)
    }

    package var count: Int { self.rows.count }

    /// The picture and the mask of a row at their own size; refuses those of different sizes and unknown values.
    package func original(_ index: Int) throws(DataError) -> (Image, Mask) {
        do throws(ImagingError) {
            let image = try Image.load(path: self.files[index].path)
            let picture = try Image.load(path: self.masks[index].path)
            guard image.width == picture.width, image.height == picture.height else {
                let sizes = "\(picture.width) x \(picture.height), the picture is \(image.width) x \(image.height)"
                throw ImagingError(.invalidSetting, subject: self.masks[index].path, "the mask is \(sizes)")
            }
            return (image, try Mask(picture, values: self.values, subject: self.masks[index].path))
        } catch {
            let name = error.subject == self.masks[index].path ? self.masks[index] : self.files[index]
            let place = "(line \(self.rows[index].line) of the labels)"
            throw DataError(.unreadable, "\(name.lastPathComponent)", "\(error.message) \(place)")
        }
    }

    /// The cropped and resized picture and mask of a row.
    package func pair(_ index: Int) throws(DataError) -> (Image, Mask) {
        if let pair = self.cache[index] { return pair }
        let (image, mask) = try self.original(index)
        let pair: (Image, Mask)
        do throws(ImagingError) {
            pair = try self.preprocessing.geometric(image, mask)
        } catch {
            throw DataError(.unreadable, self.files[index].lastPathComponent, error.message)
        }
        self.cache.insert(pair, byteCount: pair.0.pixels.count * 2, at: index)
        return pair
    }

    /// Decodes everything and returns what is wrong with what cannot be used.
    package func problems(progress: @Sendable (Int) -> Void = { _ in }) -> [DataProblem] {
        ReadState.problems(count: self.count, progress: progress) { index throws(DataError) in _ = try self.pair(index) }
    }
}
