package import Foundation
package import Imaging

/// One part of a data set: rows of a table, and the file of each.
package struct LabelledFiles: Sendable {
    package let rows: [LabelRow]
    package let files: [URL]

    package init(rows: [LabelRow], files: [URL]) {
        precondition(rows.count == files.count, "one file for each row")
        self.rows = rows
        self.files = files
    }

    /// The rows of a table with the files of their names in a folder; throws every one that is missing, with its line.
    package init(_ table: LabelTable, in folder: ImageFolder) throws(DataError) {
        self.init(rows: table.rows, files: try folder.resolve(table))
    }

    package var count: Int { self.rows.count }

    /// - Parameter cacheByteCount: room for decoded pictures.
    package func pictures(_ preprocessing: Preprocessing, cacheByteCount: Int = 0) -> PictureSet {
        PictureSet(rows: self.rows, files: self.files, preprocessing: preprocessing, cacheByteCount: cacheByteCount)
    }

    /// - Parameter cacheByteCount: room for decoded volumes.
    package func volumes(_ preprocessing: VolumePreprocessing, cacheByteCount: Int = 0) -> VolumeSet {
        VolumeSet(rows: self.rows, files: self.files, preprocessing: preprocessing, cacheByteCount: cacheByteCount)
    }
}
