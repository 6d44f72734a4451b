import Checkpoints
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A directory beside a package's place that is filled first and then put there in one step.
struct PackageStaging: Sendable {
    let path: String
    private let place: PackagePlace

    /// Makes the directory, and those above the place.
    init(_ place: PackagePlace) throws(ExportError) {
        self.place = place
        let target = URL(fileURLWithPath: place.path)
        let parent = target.deletingLastPathComponent().path
        let suffix = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        self.path = "\(parent)/.\(target.lastPathComponent).\(getpid())-\(suffix).tmp"
        do {
            try FileManager.default.createDirectory(atPath: self.path, withIntermediateDirectories: true)
        } catch {
            throw ExportError(.file, place.path, "the directory cannot be made: \(error.localizedDescription)")
        }
    }

    func file(_ name: String) -> String { "\(self.path)/\(name)" }

    /// Writes a file of the package and waits for the disk.
    func write(_ bytes: [UInt8], _ name: String) throws(CheckpointError) {
        try AtomicFile.write(bytes, to: self.file(name))
    }

    /// Puts the files in their place, replacing a package that is there.
    func install() throws(ExportError) {
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: self.path)
            let source = self.path
            try AtomicDirectory.replace(self.place.path) { (directory) throws(CheckpointError) in
                for name in names where rename("\(source)/\(name)", "\(directory)/\(name)") != 0 {
                    throw CheckpointError(.cannotWrite, name, "cannot be moved: \(String(cString: strerror(errno)))")
                }
            }
        } catch {
            throw ExportError(error)
        }
    }

    /// Removes what was not installed.
    func remove() { try? FileManager.default.removeItem(atPath: self.path) }
}
