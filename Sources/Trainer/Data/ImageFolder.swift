package import Foundation

/// A folder of pictures or volumes named by their ids.
package struct ImageFolder: Sendable {
    package enum Content: String, Sendable {
        /// A file with one of the extensions of pictures.
        case picture
        /// A NIfTI file, or a folder with the slices of a DICOM series.
        case volume

        /// Extensions in the order in which they are tried.
        package var extensions: [String] {
            switch self {
            case .picture: ["png", "jpg", "jpeg", "JPG", "JPEG", "PNG"]
            case .volume: ["nii", "nii.gz"]
            }
        }

        /// What an id may stand for, as a message lists it.
        fileprivate var forms: String {
            switch self {
            case .picture: ".png, .jpg, .jpeg"
            case .volume: ".nii, .nii.gz, or a folder of DICOM slices"
            }
        }
    }

    package let directory: URL
    package let content: Content
    private let files: Set<String>

    /// Lists the folder once.
    package init(_ directory: URL, of content: Content = .picture) throws(DataError) {
        self.directory = directory
        self.content = content
        do {
            self.files = Set(try FileManager.default.contentsOfDirectory(atPath: directory.path))
        } catch {
            throw DataError(
                .unreadable, directory.lastPathComponent,
                "the \(content == .picture ? "image" : "volume") folder cannot be listed")
        }
    }

    /// The file of a picture or volume: the id with the one extension under which it exists, or a volume's folder.
    package func resolve(_ id: String) throws(DataError) -> URL {
        switch self.find(id) {
        case .success(let file): return file
        case .failure(let problem): throw DataError(problem.code, self.directory.lastPathComponent, problem.message)
        }
    }

    /// The files of all pictures of a table, in the order of its rows; throws every missing or ambiguous one with its line.
    package func resolve(_ table: LabelTable) throws(DataError) -> [URL] {
        var files: [URL] = []
        var problems: [DataProblem] = []
        for row in table.rows {
            switch self.find(row.id) {
            case .success(let file): files.append(file)
            case .failure(let problem):
                problems.append(DataProblem(problem.code, file: table.name, line: row.line, problem.message))
            }
        }
        try problems.raise(about: table.name)
        return files
    }

    private struct Failure: Error {
        let code: DataError.Code
        let message: String
    }

    private func find(_ id: String) -> Result<URL, Failure> {
        if let reason = reasonAgainst(identifier: id) { return .failure(Failure(code: .badIdentifier, message: reason)) }
        var found = self.content.extensions.map { "\(id).\($0)" }.filter(self.files.contains)
        let isThere = self.files.contains(id)
        if isThere, self.content == .volume, self.isFolder(id) { found.append(id) }
        guard let file = found.first else {
            let hint = isThere ? "; a file of exactly this name exists: leave the extension out" : ""
            let message = "no \(self.content.rawValue) '\(shown(id))' (\(self.content.forms))\(hint)"
            return .failure(Failure(code: .missingImage, message: message))
        }
        guard found.count == 1 else {
            let names = found.map { "'\(shown($0))'" }.joined(separator: " and ")
            return .failure(
                Failure(code: .ambiguousImage, message: "\(self.content.rawValue) '\(shown(id))' is there as \(names)"))
        }
        return .success(self.directory.appendingPathComponent(file))
    }

    private func isFolder(_ name: String) -> Bool {
        var isFolder: ObjCBool = false
        let path = self.directory.appendingPathComponent(name).path
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
}
