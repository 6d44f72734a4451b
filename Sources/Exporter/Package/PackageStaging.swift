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
        Self.removeAbandoned(in: parent, of: target.lastPathComponent)
        do {
            try FileManager.default.createDirectory(atPath: self.path, withIntermediateDirectories: true)
        } catch {
            throw ExportError(.file, place.path, "the directory cannot be made: \(error.localizedDescription)")
        }
    }

    /// Removes what exporters of the same package left when they were killed: `.name.PID-….tmp` of a process that is gone.
    private static func removeAbandoned(in parent: String, of name: String) {
        for entry in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] {
            guard entry.hasPrefix(".\(name)."), entry.hasSuffix(".tmp") else { continue }
            let process = entry.dropFirst(name.count + 2).prefix { $0 != "-" }
            guard let id = Int32(process), id > 0, kill(id, 0) != 0, errno == ESRCH else { continue }
            try? FileManager.default.removeItem(atPath: "\(parent)/\(entry)")
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
