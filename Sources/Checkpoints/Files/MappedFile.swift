package import Graph

#if canImport(Glibc)
    import Glibc
#endif

/// A regular file mapped read-only; tensors that view `storage` keep the mapping alive.
///
/// Writing through the storage is a fault. A file that another program cuts short while it is mapped is beyond
/// help; our own writers only ever replace files by rename, which leaves mappings intact.
package struct MappedFile: Sendable {
    package let path: String
    package let storage: TensorStorage

    package init(_ path: String) throws(CheckpointError) {
        self.path = path
        // Without O_NONBLOCK opening a pipe would wait for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .reading(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .reading(path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw CheckpointError(.cannotRead, path, "not a regular file") }
        let count = Int(status.st_size)
        guard count > 0 else { throw CheckpointError(.truncated, path, "the file is empty") }
        guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw .reading(path)
        }
        self.storage = TensorStorage(adopting: UnsafeMutableRawBufferPointer(start: address, count: count)) { bytes in
            munmap(bytes.baseAddress, bytes.count)
        }
    }

    package var byteCount: Int { self.storage.bytes.count }

    /// Runs `body` on the bytes of the whole file.
    func withBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws(CheckpointError) -> Result
    ) throws(CheckpointError) -> Result {
        defer { withExtendedLifetime(self.storage) {} }
        return try body(UnsafeRawBufferPointer(self.storage.bytes))
    }
}
