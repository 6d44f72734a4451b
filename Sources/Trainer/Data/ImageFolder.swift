package import Foundation

/// A folder of pictures named by their ids.
package struct ImageFolder: Sendable {
    /// Extensions in the order in which they are tried.
    package static let extensions = ["png", "jpg", "jpeg", "JPG", "JPEG", "PNG"]

    package let directory: URL
    private let files: Set<String>

    /// Lists the folder once.
    package init(_ directory: URL) throws(DataError) {
        self.directory = directory
        do {
            self.files = Set(try FileManager.default.contentsOfDirectory(atPath: directory.path))
        } catch {
            throw DataError(.unreadable, directory.lastPathComponent, "the image folder cannot be listed")
        }
    }

    /// The file of a picture: the id with the one extension under which it exists.
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
        let found = ImageFolder.extensions.map { "\(id).\($0)" }.filter(self.files.contains)
        guard let file = found.first else {
            let hint = self.files.contains(id) ? "; a file of exactly this name exists: leave the extension out" : ""
            return .failure(Failure(code: .missingImage, message: "no picture '\(shown(id))' (.png, .jpg, .jpeg)\(hint)"))
        }
        guard found.count == 1 else {
            let names = found.map { "'\(shown($0))'" }.joined(separator: " and ")
            return .failure(Failure(code: .ambiguousImage, message: "picture '\(shown(id))' is there as \(names)"))
        }
        return .success(self.directory.appendingPathComponent(file))
    }
}
