import Crypto
#if canImport(Glibc)
    import Glibc
#endif

/// Bytes as lower-case hexadecimal digits.
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}

/// The SHA-256 of bytes as 64 lower-case hexadecimal digits.
package func sha256(of bytes: UnsafeRawBufferPointer) -> String {
    var hasher = SHA256()
    hasher.update(bufferPointer: bytes)
    return hexadecimal(hasher.finalize())
}

extension ModelCard.FileDigest {
    /// Parts of a file of that length.
    package static func partCount(bytes: Int) -> Int {
        max(1, bytes / Self.partByteCount + (bytes % Self.partByteCount == 0 ? 0 : 1))
    }

    /// The bytes of one part.
    package static func part(_ index: Int, of bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let start = index * Self.partByteCount
        return UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + Self.partByteCount, bytes.count)])
    }
}

extension ModelCard {
    /// One hash for the whole model: SHA-256 of the lines `<sha256>  <bytes>  <name>\n`, one for each file, sorted by name.
    package var modelSHA256: String {
        let lines = self.files.keys.sorted().map { name in
            let file = self.files[name]
            return "\(file?.sha256 ?? "")  \(file?.bytes ?? 0)  \(name)\n"
        }
        return Array(lines.joined().utf8).withUnsafeBytes { sha256(of: $0) }
    }
}

/// A whole regular file of at most `limit` bytes; errors name it `name`.
func readFile(_ path: String, name: String, limit: Int) throws(PipelineError) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw PipelineError(.file, name, String(cString: strerror(errno))) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        throw PipelineError(.file, name, "is not a regular file")
    }
    guard (0...limit).contains(Int(status.st_size)) else {
        throw PipelineError(.file, name, "has \(status.st_size) bytes; more than \(limit) are not read")
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var position = 0
    while position < bytes.count {
        let start = position
        let count = bytes.withUnsafeMutableBytes {
            pread(file, $0.baseAddress?.advanced(by: start), $0.count - start, off_t(start))
        }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { throw PipelineError(.file, name, "ended while it was read") }
        position += count
    }
    return bytes
}

/// The length of a regular file; errors name it `name`.
func fileSize(_ path: String, name: String) throws(PipelineError) -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else { throw PipelineError(.file, name, String(cString: strerror(errno))) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw PipelineError(.file, name, "is not a regular file") }
    return Int(status.st_size)
}

/// The names of the directories in a directory, links followed, sorted.
func directoryNames(_ path: String) throws(PipelineError) -> [String] {
    guard let stream = opendir(path) else { throw PipelineError(.file, path, String(cString: strerror(errno))) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
            field.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: field.pointee)) { String(cString: $0) }
        }
        var status = stat()
        guard name != ".", name != "..", stat("\(path)/\(name)", &status) == 0 else { continue }
        if status.st_mode & S_IFMT == S_IFDIR { names.append(name) }
    }
    return names.sorted()
}
