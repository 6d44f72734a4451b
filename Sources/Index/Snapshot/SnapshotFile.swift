import Kernels

#if canImport(Glibc)
    import Glibc
#endif

/// What an index says of its snapshot: a file with another checksum is not this index's, or not its last one.
struct SnapshotMark: Sendable, Hashable {
    let generation: Int64
    let checksum: UInt64
}

/// A file mapped into memory until the last user is gone.
///
/// Our own files are only ever replaced by rename, which leaves mappings intact; a file that another program cuts short while it
/// is mapped is beyond help.
final class Mapping {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ bytes: UnsafeMutableRawBufferPointer) {
        self.bytes = bytes
    }

    deinit {
        munmap(self.bytes.baseAddress, self.bytes.count)
    }
}

/// The vectors of an index in one file, which is mapped and searched where it lies.
struct SnapshotFile {
    let header: SnapshotHeader
    let segment: Segment

    /// Maps the file that `mark` describes; nil when it is absent, damaged or another one.
    ///
    /// Every byte is read for the checksum, which also brings the file into memory.
    init?(_ path: String, model: IndexModel, mark: SnapshotMark) {
        // Without O_NONBLOCK opening a pipe would wait for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size >= SnapshotLayout.pageSize,
            let address = mmap(nil, Int(status.st_size), PROT_READ, MAP_SHARED, descriptor, 0), address != MAP_FAILED
        else { return nil }
        let mapping = Mapping(UnsafeMutableRawBufferPointer(start: address, count: Int(status.st_size)))
        madvise(address, mapping.bytes.count, MADV_WILLNEED)
        let bytes = UnsafeRawBufferPointer(mapping.bytes)
        guard let header = SnapshotHeader(decoding: bytes), header.model == model, header.generation == mark.generation,
            header.checksum == mark.checksum, let layout = SnapshotLayout(count: header.count, dimension: header.model.dimension),
            layout.end == bytes.count, xxh64(UnsafeRawBufferPointer(rebasing: bytes[SnapshotLayout.pageSize...])) == mark.checksum
        else { return nil }
        self.header = header
        self.segment = Segment(
            vectors: VectorBlock(layout.parts(at: address), count: header.count, layout: layout.vectors, owner: mapping),
            numbers: UnsafeBufferPointer(
                start: UnsafePointer((address + layout.numbers).assumingMemoryBound(to: Int64.self)), count: header.count),
            labels: UnsafeBufferPointer(
                start: UnsafePointer((address + layout.labels).assumingMemoryBound(to: UInt64.self)), count: header.count),
            owner: mapping)
    }
}
