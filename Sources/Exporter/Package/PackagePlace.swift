import Foundation
import Pipelines

/// Where a package goes, and the name and version that follow from it.
package struct PackagePlace: Sendable, Hashable {
    /// The directory that will hold `card.json`, absolute.
    package let path: String
    package let name: String
    package let version: Int

    /// A directory `.../<name>/<version>` names both; of another one the last part is the name and the version is 1.
    /// Without a directory it is the next version below `models/<name>`.
    package init(output: String?, name: String?, suggestedName: String) throws(ExportError) {
        if let name, !ModelCard.isName(name) {
            throw ExportError(.option, "--name", "must be 1 to 64 letters, digits, underscores, dots and hyphens")
        }
        guard let output else {
            let name = name ?? suggestedName
            let parent = URL(fileURLWithPath: "models/\(name)").standardizedFileURL.path
            let versions = ((try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []).compactMap(Self.version)
            self.version = (versions.max() ?? 0) + 1
            self.name = name
            self.path = "\(parent)/\(self.version)"
            return
        }
        let url = URL(fileURLWithPath: output).standardizedFileURL
        let version = Self.version(url.lastPathComponent)
        let named = version == nil ? url.lastPathComponent : url.deletingLastPathComponent().lastPathComponent
        self.path = url.path
        self.version = version ?? 1
        self.name = name ?? modelName(named)
    }

    private static func version(_ text: String) -> Int? {
        guard let number = Int(text), number >= 1, String(number) == text else { return nil }
        return number
    }

    /// Refuses a place that is taken: always when it is no package, and without `force` when it is one.
    func checkFree(force: Bool) throws(ExportError) {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: self.path, isDirectory: &isDirectory) else { return }
        let entries = isDirectory.boolValue ? try? FileManager.default.contentsOfDirectory(atPath: self.path) : nil
        guard let entries else {
            throw ExportError(.exists, self.path, "is a file; choose another --output")
        }
        let isPackage = entries.isEmpty || entries.contains(ModelCard.fileName)
        guard isPackage else {
            let message = "is a directory without \(ModelCard.fileName), so no model package; choose another --output"
            throw ExportError(.exists, self.path, message)
        }
        guard force else {
            throw ExportError(.exists, self.path, "a package exists here; choose another --output or replace it with --force")
        }
    }
}
