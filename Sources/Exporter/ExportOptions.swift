import Kernels
package import Pipelines

/// What a caller of the exporter may choose.
package struct ExportOptions: Sendable {
    /// The package's directory; `models/<name>/<next free version>` when nil.
    package var output: String?
    /// The model's name in its card; derived from `output` or the run when nil.
    package var name: String?
    /// 13 to 20.
    package var opset = 17
    /// Height and width of the input in pixels; the training size when nil.
    package var inputSize: ImageSize?
    /// Compare the training graph's outputs with the written file's.
    package var validates = false
    /// Compare both on labelled pictures, too.
    package var pictures: LabelledPictures?
    /// Measure the written file, in this precision: `auto` is what a daemon takes of it on this machine.
    package var measures = false
    package var precision = PrecisionChoice.auto
    /// Where the measurement writes a run's nodes as a Chrome trace.
    package var trace: String?
    package var threads: Int
    /// Replace a package that exists.
    package var force = false

    /// - Parameter threads: all cores of the process when nil.
    package init(threads: Int? = nil) {
        self.threads = threads ?? Cores.count
    }

    /// The opsets that can be written.
    package static let opsets = 13...20
}

/// A picture's size in pixels.
package struct ImageSize: Sendable, Hashable, CustomStringConvertible {
    package var height: Int
    package var width: Int

    package init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    package var description: String { "\(self.height)x\(self.width)" }
}

/// A label table (`id_code,diagnosis`) and the folder with its pictures.
package struct LabelledPictures: Sendable, Hashable {
    package var table: String
    package var folder: String

    package init(table: String, folder: String) {
        self.table = table
        self.folder = folder
    }
}
