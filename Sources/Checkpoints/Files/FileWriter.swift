import Crypto

#if canImport(Glibc)
    import Glibc
#endif

/// The length and SHA-256 of a file.
package struct FileDigest: Sendable, Hashable, Codable {
    package let byteCount: Int
    /// 64 lower-case hexadecimal digits.
    package let sha256: String

    package init(byteCount: Int, sha256: String) {
        self.byteCount = byteCount
        self.sha256 = sha256
    }
}

/// Writes a new file from front to back and computes its SHA-256 on the way.
package struct FileWriter: ~Copyable {
    /// The name in errors: the file that is to come into being, not the temporary one.
    private let subject: String
    private let wanted: Int?
    private var descriptor: Int32
    private var hasher = SHA256()
    private var written = 0

    /// Creates `path`, which must not exist.
    ///
    /// - Parameters:
    ///   - subject: The name of the file in errors.
    ///   - byteCount: The length the file will have, where it is known; only errors use it.
    init(creating path: String, subject: String, byteCount: Int?) throws(CheckpointError) {
        Self.makeSizeLimitAnError()
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .writing(subject, written: 0, wanted: byteCount) }
        self.init(adopting: descriptor, subject: subject, byteCount: byteCount)
    }

    /// Takes over an open descriptor.
    package init(adopting descriptor: Int32, subject: String, byteCount: Int?) {
        self.descriptor = descriptor
        self.subject = subject
        self.wanted = byteCount
    }

    deinit {
        if self.descriptor >= 0 { close(self.descriptor) }
    }

    /// Without this the kernel kills a process that reaches RLIMIT_FSIZE. A handler of the program's own stays.
    package static func makeSizeLimitAnError() { self.ignoredSizeLimit }

    private static let ignoredSizeLimit: Void = {
        var action = sigaction()
        guard sigaction(SIGXFSZ, nil, &action) == 0 else { return }
        if unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 0 { signal(SIGXFSZ, SIG_IGN) }
    }()

    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        // Pieces that fit the cache are hashed and written while they are there.
        let pieceSize = 1 << 18
        var start = 0
        while start < bytes.count {
            let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + pieceSize, bytes.count)])
            self.hasher.update(bufferPointer: piece)
            try self.put(piece)
            start += piece.count
        }
    }

    package mutating func write(_ bytes: [UInt8]) throws(CheckpointError) {
        // The closure cannot carry a typed error out of withUnsafeBytes.
        let failure = bytes.withUnsafeBytes { (buffer) -> CheckpointError? in
            do throws(CheckpointError) {
                try self.write(buffer)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    /// Waits until the bytes are on the disk and closes the file.
    package consuming func finish() throws(CheckpointError) -> FileDigest {
        guard fsync(self.descriptor) == 0 || errno == EINVAL else {
            throw .writing(self.subject, written: self.written, wanted: self.wanted)
        }
        let closed = close(self.descriptor)
        let number = errno
        self.descriptor = -1
        guard closed == 0 else { throw .writing(self.subject, written: self.written, wanted: self.wanted, number) }
        return FileDigest(byteCount: self.written, sha256: hexadecimal(self.hasher.finalize()))
    }

    private mutating func put(_ piece: UnsafeRawBufferPointer) throws(CheckpointError) {
        var rest = piece
        while let address = rest.baseAddress, rest.count > 0 {
            let count = Glibc.write(self.descriptor, address, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let number = count == 0 ? ENOSPC : errno
                throw .writing(self.subject, written: self.written, wanted: self.wanted, number)
            }
            self.written += count
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}
