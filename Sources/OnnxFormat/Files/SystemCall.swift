#if canImport(Glibc)
    import Glibc
#endif

/// An open file; closed when it goes out of scope.
struct Descriptor: ~Copyable {
    let number: Int32

    /// Takes over the result of `open`; nil when that failed.
    init?(_ number: Int32) {
        guard number >= 0 else { return nil }
        self.number = number
    }

    deinit { close(self.number) }

    /// What the file is, nil when the system does not say.
    func status() -> stat? {
        var status = stat()
        return unsafe fstat(self.number, &status) == 0 ? status : nil
    }
}

extension stat {
    var isRegular: Bool { self.st_mode & S_IFMT == S_IFREG }
}

/// The text of the last system error.
func systemErrorText(_ number: Int32 = errno) -> String {
    unsafe String(cString: strerror(number))
}

/// `path` split at its last slash: the directory (`.` when there is none) and the name.
func splitPath(_ path: String) -> (directory: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let directory = path[..<slash]
    return (directory.isEmpty ? "/" : String(directory), String(path[path.index(after: slash)...]))
}
