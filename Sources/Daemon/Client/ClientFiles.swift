import Pipelines

#if canImport(Glibc)
    import Glibc
#endif

/// Which file a path leads to, whatever it is called.
struct FileIdentity: Hashable {
    private let device: UInt64
    private let inode: UInt64

    /// Nil when there is no such file.
    init?(_ path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        (self.device, self.inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
    }
}

/// Whether the path is a directory, and no link to one.
func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Whether there is a regular file with at least one byte.
func hasContent(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_size > 0
}

/// The bytes of a regular file of at most `limit` bytes.
func fileBytes(_ path: String, limit: Int) throws(DaemonError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw DaemonError(.file, path, "cannot be read: \(systemMessage())") }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        throw DaemonError(.file, path, "is not a regular file")
    }
    guard (0...limit).contains(Int(status.st_size)) else {
        throw DaemonError(.tooLarge, path, "has \(status.st_size) bytes; at most \(limit) are read")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(status.st_size))
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= limit {
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { throw DaemonError(.file, path, "cannot be read: \(systemMessage())") }
        guard count > 0 else { return bytes }
        bytes += chunk[..<count]
    }
    throw DaemonError(.tooLarge, path, "grew beyond \(limit) bytes while it was read")
}

/// The first bytes of a regular file, fewer when it is shorter or cannot be read.
func firstBytes(_ path: String, count: Int) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return [] }
    var bytes = [UInt8](repeating: 0, count: count)
    let length = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
    return Array(bytes.prefix(max(length, 0)))
}

/// The SHA-256 of bytes as hexadecimal digits.
func hash(_ bytes: [UInt8]) -> String {
    unsafe bytes.withUnsafeBytes { unsafe Pipelines.sha256(of: $0) }
}

/// Writes all bytes to a descriptor; errors name `path`.
func writeAll(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(DaemonError) {
    var written = 0
    while written < bytes.count {
        let start = written
        let count = unsafe bytes.withUnsafeBytes { buffer in
            unsafe write(descriptor, buffer.baseAddress?.advanced(by: start), buffer.count - start)
        }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw DaemonError(.file, path, "cannot be written: \(systemMessage())") }
        written += count
    }
}

/// Writes a file under a hidden name beside it, waits for the disk and renames: `path` is whole or as it was.
///
/// - Parameter old: A descriptor of the file of that name, which is locked; becomes one of the new file, locked too.
func writeWhole(_ bytes: [UInt8], to path: String, adopting old: Int32? = nil) throws(DaemonError) {
    let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    // One name for one file, so that what a kill leaves is overwritten the next time.
    let temporary = "\(path[..<slash]).\(path[slash...]).part"
    let file = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
    guard file >= 0 else { throw DaemonError(.file, path, "cannot be written: \(systemMessage())") }
    defer { close(file) }
    do throws(DaemonError) {
        try writeAll(bytes, to: file, path)
        guard fsync(file) == 0 else { throw DaemonError(.file, path, "cannot be written: \(systemMessage())") }
        // The new file is locked before anybody can find it.
        guard old == nil || flock(file, LOCK_EX | LOCK_NB) == 0, unsafe rename(temporary, path) == 0,
            old.map({ dup2(file, $0) >= 0 }) ?? true
        else { throw DaemonError(.file, path, "cannot be replaced: \(systemMessage())") }
    } catch {
        unsafe unlink(temporary)
        throw error
    }
}

/// Makes a directory and those above it that are missing.
func makeDirectories(_ path: String) throws(DaemonError) {
    guard unsafe mkdir(path, 0o750) != 0 else { return }
    if errno == EEXIST, FileIdentity(path + "/.") != nil { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
        throw DaemonError(.file, path, "cannot be made: \(systemMessage())")
    }
    try makeDirectories(String(path[..<slash]))
    guard unsafe mkdir(path, 0o750) == 0 || errno == EEXIST else {
        throw DaemonError(.file, path, "cannot be made: \(systemMessage())")
    }
}

/// The path without links, dots and double slashes; nil when there is no such file.
func resolved(_ path: String) -> String? {
    guard let real = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
}
