import Graph

#if canImport(Glibc)
    import Glibc
#endif

/// A file that is written under a temporary name and appears under its own when it is complete.
struct NewFile: ~Copyable {
    private let path: String
    private let temporary: String
    private let descriptor: Descriptor
    private var isDone = false
    private(set) var byteCount = 0

    /// The temporary file lies beside `path` and must not exist.
    init(_ path: String) throws(OnnxError) {
        let (directory, name) = splitPath(path)
        self.path = path
        self.temporary = "\(directory)/.\(name).\(getpid()).tmp"
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        guard let descriptor = Descriptor(unsafe open(self.temporary, flags, 0o644)) else {
            throw OnnxError(.cannotWrite, path, systemErrorText())
        }
        self.descriptor = descriptor
    }

    deinit {
        if !self.isDone { unsafe _ = unlink(self.temporary) }
    }

    mutating func write(_ tensor: Tensor) throws(OnnxError) {
        let failure = unsafe tensor.withBytes { bytes in
            unsafe self.put(UnsafeRawBufferPointer(bytes))
        }
        if let failure { throw failure }
    }

    mutating func write(_ bytes: some RandomAccessCollection<UInt8>) throws(OnnxError) {
        let failure = unsafe Array(bytes).withUnsafeBytes { unsafe self.put($0) }
        if let failure { throw failure }
    }

    /// Waits until the bytes are on the disk.
    borrowing func synchronise() throws(OnnxError) {
        guard fsync(self.descriptor.number) == 0 else { throw OnnxError(.cannotWrite, self.path, systemErrorText()) }
    }

    /// Gives the file its name, replacing what had it.
    consuming func publish() throws(OnnxError) {
        guard unsafe rename(self.temporary, self.path) == 0 else {
            throw OnnxError(.cannotWrite, self.path, systemErrorText())
        }
        self.isDone = true
    }

    /// Writes a directory's entries to the disk, so that a rename in it survives a power failure.
    static func synchroniseDirectory(_ path: String) throws(OnnxError) {
        guard let directory = Descriptor(unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) else {
            throw OnnxError(.cannotWrite, path, systemErrorText())
        }
        // Some network file systems cannot do this for directories and say EINVAL.
        guard fsync(directory.number) == 0 || errno == EINVAL else {
            throw OnnxError(.cannotWrite, path, systemErrorText())
        }
    }

    private mutating func put(_ bytes: UnsafeRawBufferPointer) -> OnnxError? {
        var rest = unsafe bytes
        while let address = rest.baseAddress, rest.count > 0 {
            let count = unsafe Glibc.write(self.descriptor.number, address, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let reason = systemErrorText(count == 0 ? ENOSPC : errno)
                return OnnxError(.cannotWrite, self.path, "\(reason) after \(self.byteCount) bytes; free space and run again")
            }
            self.byteCount += count
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        return nil
    }
}
