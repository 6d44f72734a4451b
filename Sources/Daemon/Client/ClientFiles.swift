import Pipelines

#if canImport(Glibc)
    import Glibc
#endif

/// The pictures of a folder by name, sorted by bytes: `.png`, `.jpg`, `.jpeg` in any case. Subfolders are not entered.
func imageNames(in folder: String) throws(DaemonError) -> [String] {
    guard let stream = unsafe opendir(folder) else { throw DaemonError(.file, folder, "cannot be read: \(systemMessage())") }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
            let capacity = unsafe MemoryLayout.size(ofValue: field.pointee)
            return unsafe field.withMemoryRebound(to: CChar.self, capacity: capacity) { unsafe String(cString: $0) }
        }
        let lowercase = name.lowercased()
        let isImage = [".png", ".jpg", ".jpeg"].contains { lowercase.hasSuffix($0) }
        if isImage && !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

/// The bytes of a regular file of at most `limit` bytes.
func fileBytes(_ path: String, limit: Int) throws(DaemonError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw DaemonError(.file, path, "cannot be read: \(systemMessage())") }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        throw DaemonError(.file, path, "is not a regular file")
    }
    guard (0...limit).contains(Int(status.st_size)) else {
        throw DaemonError(.tooLarge, path, "has \(status.st_size) bytes; at most \(limit) are read")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(status.st_size))
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= limit {
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { throw DaemonError(.file, path, "cannot be read: \(systemMessage())") }
        guard count > 0 else { return bytes }
        bytes += chunk[..<count]
    }
    throw DaemonError(.tooLarge, path, "grew beyond \(limit) bytes while it was read")
}

/// The SHA-256 of bytes as hexadecimal digits.
func hash(_ bytes: [UInt8]) -> String {
    unsafe bytes.withUnsafeBytes { unsafe Pipelines.sha256(of: $0) }
}
