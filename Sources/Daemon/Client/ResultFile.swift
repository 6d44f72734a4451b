#if canImport(Glibc)
    import Glibc
#endif

/// The output of `dr screen`: whole rows, appended and forced to the disk now and then. One writer at a time.
final class ResultFile {
    private let descriptor: Int32
    private let path: String
    private let format: ResultFormat
    /// Rows that were there when the file was opened.
    private(set) var rows: [ScreeningRow] = []
    private var length = 0
    private var unsynchronised = 0

    /// Opens or makes the file. A torn last row is cut off; with `restart` everything is.
    init(path: String, format: ResultFormat, restart: Bool) throws(DaemonError) {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0o640)
        guard descriptor >= 0 else { throw DaemonError(.file, path, "cannot be written: \(systemMessage())") }
        self.descriptor = descriptor
        self.path = path
        self.format = format
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw DaemonError(.file, path, "is not a regular file")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw DaemonError(.file, path, "another dr screen is writing it")
        }
        if !restart {
            let bytes = try fileBytes(path, limit: 1 << 30)
            (self.rows, self.length) = try format.rows(bytes, path: path)
        }
        if restart || Int(status.st_size) != self.length { try self.cut(to: self.length) }
        if self.length == 0 { try self.write(format.header) }
    }

    deinit {
        close(self.descriptor)
    }

    /// Replaces the file's rows by `rows`, in one step.
    func replace(with rows: [ScreeningRow]) throws(DaemonError) {
        let text = self.format.header + rows.map { self.format.line($0) }.joined()
        let temporary = "\(self.path).part"
        let file = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard file >= 0 else { throw DaemonError(.file, temporary, "cannot be written: \(systemMessage())") }
        defer { close(file) }
        try writeAll(Array(text.utf8), to: file, temporary)
        guard fsync(file) == 0 else { throw DaemonError(.file, temporary, "cannot be written: \(systemMessage())") }
        // The new file is locked before anybody can find it, and takes the old one's place under the same descriptor.
        guard flock(file, LOCK_EX | LOCK_NB) == 0, unsafe rename(temporary, self.path) == 0,
            dup2(file, self.descriptor) >= 0
        else { throw DaemonError(.file, self.path, "cannot be replaced: \(systemMessage())") }
        self.rows = rows
        self.length = text.utf8.count
    }

    /// Appends a row. A row that could not be written whole is cut off again.
    func append(_ row: ScreeningRow) throws(DaemonError) {
        try self.write(self.format.line(row))
        self.unsynchronised += 1
        if self.unsynchronised >= 32 { self.synchronise() }
    }

    /// Forces what was written to the disk.
    func synchronise() {
        fdatasync(self.descriptor)
        self.unsynchronised = 0
    }

    private func write(_ text: String) throws(DaemonError) {
        guard !text.isEmpty else { return }
        do throws(DaemonError) {
            guard lseek(self.descriptor, off_t(self.length), SEEK_SET) >= 0 else {
                throw DaemonError(.file, self.path, "cannot be written: \(systemMessage())")
            }
            try writeAll(Array(text.utf8), to: self.descriptor, self.path)
            self.length += text.utf8.count
        } catch {
            ftruncate(self.descriptor, off_t(self.length))
            throw error
        }
    }

    private func cut(to length: Int) throws(DaemonError) {
        guard ftruncate(self.descriptor, off_t(length)) == 0 else {
            throw DaemonError(.file, self.path, "cannot be cut: \(systemMessage())")
        }
    }
}

private func writeAll(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(DaemonError) {
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
