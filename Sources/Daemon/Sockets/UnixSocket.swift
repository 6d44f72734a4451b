#if canImport(Glibc)
    import Glibc
#endif

/// A bound and listening Unix socket of mode 0660, and its file.
///
/// A daemon that lives at the path is never displaced, a dead one's socket is removed, and anything that is no socket
/// is left alone.
package struct UnixSocket: Sendable {
    /// Bytes that a socket's path may have: `sun_path` less its final zero.
    package static let longestPath = 107

    /// The listening socket; whoever serves it closes it.
    package let descriptor: Int32
    package let path: String
    private let device: UInt64
    private let inode: UInt64

    package init(listeningAt path: String) throws(DaemonError) {
        try Self.check(path)
        try Self.clear(path)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .socket(path, "cannot be made: \(systemMessage())") }
        do throws(DaemonError) {
            // The file gets the descriptor's mode, so it is never open to others, not for a moment.
            guard fchmod(descriptor, 0o660) == 0 else { throw .socket(path, "cannot get its mode: \(systemMessage())") }
            let bound = unsafe withAddress(path) { address, length in unsafe bind(descriptor, address, length) }
            guard bound == 0 else { throw .socket(path, "cannot be bound: \(systemMessage())") }
            guard unsafe chmod(path, 0o660) == 0 else { throw .socket(path, "cannot get mode 0660: \(systemMessage())") }
            guard listen(descriptor, 128) == 0 else { throw .socket(path, "cannot listen: \(systemMessage())") }
            var status = stat()
            guard unsafe lstat(path, &status) == 0 else { throw .socket(path, "vanished: \(systemMessage())") }
            (self.device, self.inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        self.path = path
    }

    /// Throws when no socket can have this path.
    package static func check(_ path: String) throws(DaemonError) {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw .socket("socket", "the path is empty or has a zero byte") }
        guard path.utf8.count <= Self.longestPath else {
            throw .socket(path, "the path has \(path.utf8.count) bytes; the system takes at most \(Self.longestPath)")
        }
    }

    /// Removes a dead daemon's socket; throws when the path is taken by anything else.
    private static func clear(_ path: String) throws(DaemonError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw .socket(path, "cannot be looked at: \(systemMessage())") }
            return
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw .socket(path, "exists and is no socket; it is left alone, choose another path")
        }
        switch Self.connection(to: path) {
        case 0, EAGAIN, EINPROGRESS:
            throw .socket(path, "a daemon is serving this path already")
        case ECONNREFUSED:
            guard unsafe unlink(path) == 0 || errno == ENOENT else {
                throw .socket(path, "an old socket cannot be removed: \(systemMessage())")
            }
        case ENOENT:
            return
        case let number:
            throw .socket(path, "exists and cannot be tried: \(systemMessage(number))")
        }
    }

    /// Tries to connect; returns 0 or the error number.
    private static func connection(to path: String) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        return unsafe withAddress(path) { address, length in unsafe connect(descriptor, address, length) == 0 ? 0 : errno }
    }

    /// Removes the socket's file, unless another has taken its place.
    package func removeFile() {
        var status = stat()
        guard unsafe lstat(self.path, &status) == 0, UInt64(status.st_dev) == self.device, UInt64(status.st_ino) == self.inode
        else { return }
        unsafe unlink(self.path)
    }
}

extension DaemonError {
    fileprivate static func socket(_ path: String, _ message: String) -> DaemonError {
        DaemonError(.socket, path, message)
    }
}

/// Calls `body` with the address of a path that was checked.
private func withAddress<Result>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { field in
        precondition(path.utf8.count < field.count, "the path was not checked")
        unsafe field.copyBytes(from: path.utf8)
    }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    return unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
    }
}

/// The system's words for an error number.
func systemMessage(_ number: Int32 = errno) -> String {
    unsafe String(cString: strerror(number))
}
