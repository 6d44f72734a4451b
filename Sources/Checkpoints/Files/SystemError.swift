#if canImport(Glibc)
    import Glibc
#endif

extension CheckpointError {
    /// The error of a system call that failed while reading.
    static func reading(_ path: String, _ number: Int32 = errno) -> CheckpointError {
        let text = String(cString: strerror(number))
        return CheckpointError(number == ENOENT ? .notFound : .cannotRead, path, "cannot read: \(text)")
    }

    /// The error of a system call that failed while writing `wanted` bytes of which `written` arrived.
    static func writing(_ path: String, written: Int, wanted: Int?, _ number: Int32 = errno) -> CheckpointError {
        let text = String(cString: strerror(number))
        let amount = wanted.map { "\(written) of \($0) bytes written" } ?? "\(written) bytes written"
        let untouched = "an earlier file of this name is untouched"
        switch number {
        case ENOSPC, EDQUOT:
            let advice = "free space on that file system or choose another output directory, then run again"
            return CheckpointError(.noSpace, path, "\(text) (\(amount)); \(untouched); \(advice)")
        case EFBIG:
            let advice = "raise the file size limit (ulimit -f) or use a file system that takes larger files"
            return CheckpointError(.noSpace, path, "\(text) (\(amount)); \(untouched); \(advice)")
        case EIO:
            let advice = "the disk reports a fault: look at the kernel log and write elsewhere"
            return CheckpointError(.cannotWrite, path, "\(text) (\(amount)); \(untouched); \(advice)")
        default:
            return CheckpointError(.cannotWrite, path, "cannot write: \(text) (\(amount)); \(untouched)")
        }
    }
}

/// `path` split at its last slash: the directory (`.` when there is none) and the name.
func splitPath(_ path: String) -> (directory: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let directory = path[..<slash]
    return (directory.isEmpty ? "/" : String(directory), String(path[path.index(after: slash)...]))
}

/// The kinds of things a path can lead to.
enum PathKind { case file, directory, other, nothing }

/// What `path` leads to, symbolic links followed.
func pathKind(_ path: String) -> PathKind {
    var status = stat()
    guard stat(path, &status) == 0 else { return .nothing }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .directory
    default: return .other
    }
}

/// The names in a directory but `.` and `..`, sorted.
func directoryEntries(_ path: String) throws(CheckpointError) -> [String] {
    guard let stream = opendir(path) else { throw .reading(path) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
            field.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: field.pointee)) { String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
}

/// Makes `path` a directory; one that exists is fine.
func makeDirectory(_ path: String) throws(CheckpointError) {
    if mkdir(path, 0o755) == 0 { return }
    let number = errno
    guard number == EEXIST, pathKind(path) == .directory else {
        throw .writing(path, written: 0, wanted: nil, number)
    }
}

/// Removes a file, or a directory with everything in it; errors are left to the next attempt.
func removeTree(_ path: String) {
    guard unlink(path) != 0, errno != ENOENT else { return }
    for name in (try? directoryEntries(path)) ?? [] { removeTree("\(path)/\(name)") }
    rmdir(path)
}

/// Writes a directory's entries to the disk, so that a rename in it survives a power failure.
func synchroniseDirectory(_ path: String) throws(CheckpointError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .reading(path) }
    defer { close(descriptor) }
    // Some network file systems cannot do this for directories and say EINVAL.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw .writing(path, written: 0, wanted: nil) }
}

/// Whether the file has no bytes.
func isEmptyFile(_ path: String) throws(CheckpointError) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .reading(path) }
    return status.st_size == 0
}
