import Graph

#if canImport(Glibc)
    import Glibc
#endif

/// The directory of a model: the only place that its files may come from.
///
/// Every component is opened relative to the one before without following links, so nothing that is swapped in between
/// can lead outside.
struct ModelDirectory: ~Copyable {
    let path: String
    private let descriptor: Descriptor

    init(_ path: String) throws(OnnxError) {
        guard let descriptor = Descriptor(unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) else {
            throw OnnxError(.cannotRead, path, systemErrorText())
        }
        self.path = path
        self.descriptor = descriptor
    }

    /// Maps the model file `name` itself.
    func mapModel(_ name: String, limit: Int) throws(OnnxError) -> TensorStorage {
        let subject = "\(self.path)/\(name)"
        guard let file = Descriptor(unsafe openat(self.descriptor.number, name, Self.fileFlags)) else {
            throw OnnxError(.cannotRead, subject, errno == ELOOP ? "is a symbolic link" : systemErrorText())
        }
        guard let status = file.status(), status.isRegular else { throw OnnxError(.cannotRead, subject, "not a regular file") }
        guard status.st_size <= limit else {
            throw OnnxError(.tooLarge, subject, "\(status.st_size) bytes, at most \(limit) are read; use external data")
        }
        guard status.st_size > 0 else { throw OnnxError(.malformed, subject, "the file is empty") }
        return try Self.map(file, byteCount: Int(status.st_size), subject)
    }

    /// Maps a weight file named inside the model.
    func mapExternal(_ location: String, tensor: String) throws(OnnxError) -> TensorStorage {
        let components = try Self.components(of: location, tensor: tensor)
        let file = try self.openExternal(components[...], from: self.descriptor.number, location, tensor)
        guard let status = file.status(), status.isRegular else {
            throw OnnxError(.externalData, tensor, "\(location) is not a regular file")
        }
        guard status.st_nlink == 1 else {
            throw OnnxError(
                .externalData, tensor, "\(location) has \(status.st_nlink) hard links; only a file of its own is read")
        }
        guard status.st_size > 0 else { throw OnnxError(.externalData, tensor, "\(location) is empty") }
        return try Self.map(file, byteCount: Int(status.st_size), location)
    }

    /// The components of a location: a plain relative path without `.`, `..`, empty parts, backslashes or NUL.
    static func components(of location: String, tensor: String) throws(OnnxError) -> [String] {
        guard location.utf8.count <= 4096 else {
            throw OnnxError(.externalData, tensor, "external data location has \(location.utf8.count) bytes")
        }
        let parts = location.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let isPlain = parts.allSatisfy { part in
            !part.isEmpty && part != "." && part != ".." && part.utf8.count <= 255
                && part.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }
        }
        guard isPlain, parts.count <= 16 else {
            throw OnnxError(.externalData, tensor, "external data location must be a plain path below the model's directory")
        }
        return parts
    }

    private func openExternal(
        _ components: ArraySlice<String>, from parent: Int32, _ location: String, _ tensor: String
    ) throws(OnnxError) -> Descriptor {
        guard let first = components.first else { preconditionFailure("a location has a component") }
        let isLast = components.count == 1
        let flags = isLast ? Self.fileFlags : O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        guard let next = Descriptor(unsafe openat(parent, first, flags)) else {
            let number = errno
            // A link that is met where a directory is wanted says ENOTDIR.
            let isLink = number == ELOOP || (number == ENOTDIR && !isLast)
            let reason = isLink ? "leads through a symbolic link or a file" : systemErrorText(number)
            throw OnnxError(.externalData, tensor, "\(location): \(reason)")
        }
        return isLast ? next : try self.openExternal(components.dropFirst(), from: next.number, location, tensor)
    }

    /// O_NONBLOCK so that a pipe does not wait for a writer.
    private static let fileFlags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK

    private static func map(_ file: borrowing Descriptor, byteCount: Int, _ subject: String) throws(OnnxError) -> TensorStorage {
        let address = unsafe mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, file.number, 0)
        guard let address = unsafe address, unsafe address != MAP_FAILED else {
            throw OnnxError(.cannotRead, subject, "cannot map: \(systemErrorText())")
        }
        let bytes = unsafe UnsafeMutableRawBufferPointer(start: address, count: byteCount)
        return unsafe TensorStorage(adopting: bytes, isMapped: true) { unsafe _ = munmap($0.baseAddress, $0.count) }
    }
}
