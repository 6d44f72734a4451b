#if canImport(Glibc)
    import Glibc
#endif

/// The table of a job over a folder: whole rows, appended and forced to the disk now and then. One writer at a time.
final class ResultFile<Found: Finding> {
    typealias Row = ResultRow<Found>

    private let descriptor: Int32
    private let path: String
    private let format: ResultFormat<Found>
    /// Rows that were there when the file was opened.
    private(set) var rows: [Row] = []
    private var length = 0
    private var unsynchronised = 0

    /// Opens or makes the file. A torn last row is cut off; with `restart` everything is.
    init(path: String, format: ResultFormat<Found>, restart: Bool) throws(DaemonError) {
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
            throw DaemonError(.file, path, "another process is writing it")
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
    func replace(with rows: [Row]) throws(DaemonError) {
        let text = self.format.header + rows.map { self.format.line($0) }.joined()
        try writeWhole(Array(text.utf8), to: self.path, adopting: self.descriptor)
        self.rows = rows
        self.length = text.utf8.count
    }

    /// Appends rows, all or none: what could not be written whole is cut off again.
    func append(_ rows: [Row]) throws(DaemonError) {
        try self.write(rows.map { self.format.line($0) }.joined())
        self.unsynchronised += rows.count
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
