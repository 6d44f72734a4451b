import Foundation
import Testing
import Trainer

/// A folder that is removed with the value's end of use.
struct TemporaryFolder {
    let url: URL

    init() throws {
        self.url = FileManager.default.temporaryDirectory.appendingPathComponent("dr-data-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.url, withIntermediateDirectories: true)
    }

    func write(_ name: String, _ text: String) throws -> URL {
        let file = self.url.appendingPathComponent(name)
        try Data(text.utf8).write(to: file)
        return file
    }

    func remove() {
        try? FileManager.default.removeItem(at: self.url)
    }
}

/// A table from text.
func table(_ text: String, name: String = "labels.csv", classes: Int = 5) throws(DataError) -> LabelTable {
    try LabelTable(bytes: Array(text.utf8), name: name, classes: classes)
}

/// The error of an expression, or nil and a recorded issue.
func failure(_ body: () throws(DataError) -> some Any, at location: SourceLocation = #_sourceLocation) -> DataError? {
    do throws(DataError) {
        _ = try body()
        Issue.record("no error was thrown", sourceLocation: location)
        return nil
    } catch {
        return error
    }
}
