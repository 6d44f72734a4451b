#if canImport(Glibc)
    import Glibc
#endif

extension IndexError {
    /// The error of a system call that failed while writing.
    static func writing(_ path: String, _ number: Int32 = errno) -> IndexError {
        let text = String(cString: strerror(number))
        switch number {
        case ENOSPC, EDQUOT, EFBIG:
            return IndexError(.noSpace, path, "\(text); nothing was changed; free space or move the index, then run again")
        case EIO:
            return IndexError(.cannotWrite, path, "\(text); the disk reports a fault: look at the kernel log")
        default:
            return IndexError(.cannotWrite, path, "cannot write: \(text); nothing was changed")
        }
    }
}

/// `path` split at its last slash: the directory (`.` when there is none) and the name.
func splitPath(_ path: String) -> (directory: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let directory = path[..<slash]
    return (directory.isEmpty ? "/" : String(directory), String(path[path.index(after: slash)...]))
}

/// Writes the entries of the directory that holds `path` to the disk, so that a new name in it survives a power failure.
func synchroniseDirectory(of path: String) throws(IndexError) {
    let directory = splitPath(path).directory
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .writing(directory) }
    defer { close(descriptor) }
    // Some network file systems cannot do this for directories and say EINVAL.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw .writing(directory) }
}

/// A lock on a file, held while the value lives and the process does; nil while another process has it.
final class FileLock {
    private let descriptor: Int32

    init?(_ path: String) throws(IndexError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw .writing(path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            close(descriptor)
            guard number == EWOULDBLOCK else { throw .writing(path, number) }
            return nil
        }
        self.descriptor = descriptor
    }

    deinit {
        close(self.descriptor)
    }
}
