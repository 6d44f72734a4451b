#if canImport(Glibc)
    import Glibc
#endif

/// Files that exist whole or not at all.
package enum AtomicFile {
    /// Writes `path` under a temporary name in the same directory, waits for the disk, and renames.
    ///
    /// When anything fails the temporary file is removed and an earlier `path` stays as it was.
    ///
    /// - Parameter byteCount: The length the file will have, where it is known, for the error of a full disk.
    @discardableResult
    package static func write(
        to path: String, byteCount: Int? = nil, _ body: (inout FileWriter) throws(CheckpointError) -> Void
    ) throws(CheckpointError) -> FileDigest {
        let temporary = temporaryPath(beside: path)
        do throws(CheckpointError) {
            var writer = try FileWriter(creating: temporary, subject: path, byteCount: byteCount)
            try body(&writer)
            let digest = try writer.finish()
            guard rename(temporary, path) == 0 else {
                throw CheckpointError.writing(path, written: digest.byteCount, wanted: byteCount)
            }
            try synchroniseDirectory(splitPath(path).directory)
            return digest
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Writes `bytes` as the whole content of `path`.
    @discardableResult
    package static func write(_ bytes: [UInt8], to path: String) throws(CheckpointError) -> FileDigest {
        try self.write(to: path, byteCount: bytes.count) { (writer) throws(CheckpointError) in
            try writer.write(bytes)
        }
    }

    /// The whole content of a small file.
    ///
    /// - Parameter limit: The most bytes that are read; a larger file is an error.
    package static func read(_ path: String, limit: Int = 64 << 20) throws(CheckpointError) -> [UInt8] {
        if case .file = pathKind(path), try isEmptyFile(path) { return [] }
        let file = try MappedFile(path)
        guard file.byteCount <= limit else {
            throw CheckpointError(.tooLarge, path, "\(file.byteCount) bytes where at most \(limit) are expected")
        }
        return try file.withBytes { (bytes) throws(CheckpointError) in Array(bytes) }
    }
}

/// A new hidden name beside `path`; `AtomicDirectory.recover` knows it by its ending.
func temporaryPath(beside path: String) -> String {
    let (directory, name) = splitPath(path)
    return "\(directory)/.\(name).\(getpid())-\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).tmp"
}
