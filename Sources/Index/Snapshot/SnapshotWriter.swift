import Kernels

#if canImport(Glibc)
    import Glibc
#endif

/// A snapshot in the making: a file of its final length under a temporary name, filled through a mapping.
final class SnapshotWriter {
    private let path: String
    private let temporary: String
    private let descriptor: Int32
    private let layout: SnapshotLayout
    private let mapping: Mapping
    private var isFinished = false

    /// Reserves the disk space first: a full disk is an error here, and no fault while the file is filled.
    init(path: String, layout: SnapshotLayout) throws(IndexError) {
        self.path = path
        self.layout = layout
        self.temporary = "\(path)\(temporaryMark)\(getpid())"
        let descriptor = open(self.temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw .writing(path) }
        self.descriptor = descriptor
        var failure = posix_fallocate(descriptor, 0, off_t(layout.end))
        let address = failure == 0 ? mmap(nil, layout.end, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0) : MAP_FAILED
        if failure == 0 && address == MAP_FAILED { failure = errno }
        guard let address, address != MAP_FAILED else {
            close(descriptor)
            unlink(self.temporary)
            throw .writing(path, failure)
        }
        self.mapping = Mapping(UnsafeMutableRawBufferPointer(start: address, count: layout.end))
    }

    deinit {
        close(self.descriptor)
        if !self.isFinished { unlink(self.temporary) }
    }

    private var start: UnsafeMutableRawPointer {
        guard let start = self.mapping.bytes.baseAddress else { preconditionFailure("an empty mapping") }
        return start
    }

    /// Where the elements of a row are to be written.
    func elements(ofRow row: Int) -> UnsafeMutableBufferPointer<Float> {
        precondition(row >= 0 && row < self.layout.count, "row \(row) of \(self.layout.count)")
        let rows = (self.start + self.layout.rows).assumingMemoryBound(to: Float.self)
        return UnsafeMutableBufferPointer(start: rows + row * self.layout.vectors.rowStride, count: self.layout.vectors.dimension)
    }

    /// Writes the rest of a row.
    func describe(row: Int, number: Int64, labels: UInt64) {
        precondition(row >= 0 && row < self.layout.count, "row \(row) of \(self.layout.count)")
        (self.start + self.layout.numbers).storeBytes(of: number, toByteOffset: row * 8, as: Int64.self)
        (self.start + self.layout.labels).storeBytes(of: labels, toByteOffset: row * 8, as: UInt64.self)
    }

    /// Makes the codes, the checksum and the header, waits for the disk, and gives the file its name.
    func finish(model: IndexModel, generation: Int64, lastNumber: Int64) throws(IndexError) -> SnapshotMark {
        self.layout.parts(at: self.start).encode(count: self.layout.count, layout: self.layout.vectors)
        let content = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(self.mapping.bytes)[SnapshotLayout.pageSize...])
        let header = SnapshotHeader(
            model: model, count: self.layout.count, generation: generation, lastNumber: lastNumber, checksum: xxh64(content))
        self.mapping.bytes.copyBytes(from: header.encoded())
        guard msync(self.start, self.layout.end, MS_SYNC) == 0, fsync(self.descriptor) == 0,
            rename(self.temporary, self.path) == 0
        else { throw .writing(self.path) }
        self.isFinished = true
        try synchroniseDirectory(of: self.path)
        return SnapshotMark(generation: generation, checksum: header.checksum)
    }
}

/// Between the name of a file and the number of the process that is writing it.
private let temporaryMark = ".tmp."

/// Removes what dead processes left of files that were to become `path`. Only the one process that may write it calls this.
func removeTemporaries(of path: String) {
    let (directory, name) = splitPath(path)
    guard let stream = opendir(directory) else { return }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
        let other = withUnsafePointer(to: &entry.pointee.d_name) { field in
            field.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: field.pointee)) { String(cString: $0) }
        }
        if other.hasPrefix(name + temporaryMark) { unlink("\(directory)/\(other)") }
    }
}
